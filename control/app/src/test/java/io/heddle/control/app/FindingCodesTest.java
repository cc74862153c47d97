package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.analysis.FindingCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code docs/findings.md} has every code of the control plane, and no other of its ranges. */
class FindingCodesTest {
  private static final Pattern ROW = Pattern.compile("(?m)^\\| (HDL-[14]\\d{3}) \\|");

  private static Path docs() {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      Path docs = folder.resolve("docs/findings.md");
      if (Files.exists(docs)) {
        return docs;
      }
    }
    throw new AssertionError("docs/findings.md (expected: above the working directory)");
  }

  @Test
  void everyCodeIsInTheTableAndEveryRowIsACode() throws IOException {
    Set<String> codes = new TreeSet<>(Set.of("HDL-1000"));
    for (ApiError.Code code : ApiError.Code.values()) {
      codes.add(code.text());
    }
    for (FindingCode code : FindingCode.values()) {
      codes.add(code.code());
      assertThat(code.mend()).as(code.code()).isNotEmpty();
    }
    Set<String> rows = new TreeSet<>();
    Matcher matcher = ROW.matcher(Files.readString(docs()));
    while (matcher.find()) {
      rows.add(matcher.group(1));
    }
    assertThat(rows).isEqualTo(codes);
    assertThat(codes).hasSize(1 + ApiError.Code.values().length + FindingCode.values().length);
  }
}
