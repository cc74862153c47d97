package io.heddle.control.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.analysis.Finding;

/** Writes findings as errors are written, with their severity and what mends them. */
final class FindingJson {
  private FindingJson() {}

  /**
   * @param line from 1; zero where there is none
   */
  static void write(Finding finding, String file, int line, ObjectNode out) {
    out.put("code", finding.code().code())
        .put("severity", finding.code().severity().text())
        .put("file", file)
        .put("line", line)
        .put("object", finding.object().toString())
        .put("field", finding.field())
        .put("message", finding.message())
        .put("mend", finding.code().mend());
  }
}
