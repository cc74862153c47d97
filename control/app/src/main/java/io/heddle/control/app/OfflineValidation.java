package io.heddle.control.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.analysis.Analysis;
import io.heddle.control.api.analysis.Finding;
import io.heddle.control.api.document.ObjectError;
import io.heddle.control.api.document.ObjectParser;
import io.heddle.control.api.document.ParseResult;
import io.heddle.control.api.document.ParsedObject;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * {@code heddle validate --offline}: judges files as if they were all there is, and asks nobody.
 *
 * <p>Prints what {@code heddle validate} prints.
 */
final class OfflineValidation {
  private static final int CLEAN = 0;
  private static final int FAILED = 1;
  private static final int FOUND = 2;
  private static final int USAGE = 64;
  private static final String STANDARD_INPUT = "(standard input)";

  private final PrintStream out;
  private final PrintStream err;
  private final InputStream in;
  private final List<ObjectError> errors = new ArrayList<>();
  private final Map<ObjectKey, ParsedObject> objects = new TreeMap<>();
  private int read;

  OfflineValidation(PrintStream out, PrintStream err, InputStream in) {
    this.out = out;
    this.err = err;
    this.in = in;
  }

  /**
   * Judges what the arguments name, and prints it.
   *
   * @param arguments those behind the verb
   * @return 0 clean, 1 a file cannot be read, 2 errors or warnings, 64 wrong usage
   */
  int run(List<String> arguments) {
    List<String> files = new ArrayList<>();
    String format = "table";
    boolean takesFiles = false;
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      switch (argument) {
        case "--offline" -> takesFiles = false;
        case "-f", "--file" -> takesFiles = true;
        case "-o", "--output" -> {
          takesFiles = false;
          format = i + 1 < arguments.size() ? arguments.get(++i) : "";
        }
        default -> {
          if (!takesFiles || (argument.startsWith("-") && !argument.equals("-"))) {
            return wrong(argument + ": unknown (expected: -f FILE, -o FORMAT)");
          }
          files.add(argument);
        }
      }
    }
    if (files.isEmpty()) {
      return wrong("-f: absent (expected: a file, a folder, or -)");
    }
    if (!format.equals("table") && !format.equals("json")) {
      return wrong("-o: " + format + " (expected with --offline: table or json)");
    }
    for (String file : files) {
      try {
        for (Path path : file.equals("-") ? List.of(Path.of("-")) : filesOf(Path.of(file))) {
          take(path);
        }
      } catch (IOException e) {
        err.println("HDL-3004  " + file + ": cannot be read: " + e.getMessage());
        err.println("          mend: check the path and its permissions");
        return FAILED;
      }
    }
    List<Finding> findings = errors.isEmpty() ? findings() : List.of();
    if (format.equals("json")) {
      out.print(json(findings));
    } else {
      print(findings);
    }
    return errors.isEmpty() && findings.isEmpty() ? CLEAN : FOUND;
  }

  private int wrong(String message) {
    err.println("heddle validate: " + message);
    err.println("See `heddle validate --help`.");
    return USAGE;
  }

  private static List<Path> filesOf(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return List.of(path);
    }
    try (Stream<Path> children = Files.list(path)) {
      return children
          .filter(child -> child.toString().matches(".*\\.(yaml|yml|json)"))
          .sorted()
          .toList();
    }
  }

  private void take(Path path) throws IOException {
    boolean standardInput = path.toString().equals("-");
    byte[] bytes;
    try (InputStream from = standardInput ? in : Files.newInputStream(path)) {
      bytes = from.readNBytes(ApiRequest.LARGEST_BODY + 1);
    }
    if (bytes.length > ApiRequest.LARGEST_BODY) {
      throw new IOException("larger than 4 MiB (expected: at most 4 MiB a file)");
    }
    read++;
    ParseResult parsed =
        ObjectParser.parse(
            standardInput ? STANDARD_INPUT : path.toString(),
            new String(bytes, StandardCharsets.UTF_8));
    errors.addAll(parsed.errors());
    parsed.parsed().forEach(object -> objects.put(object.object().key(), object));
  }

  private List<Finding> findings() {
    Map<ObjectKey, ResourceObject> all = new TreeMap<>();
    objects.forEach((key, parsed) -> all.put(key, parsed.object()));
    return Analysis.ofFiles(all);
  }

  private String json(List<Finding> findings) {
    ObjectNode body = ApiAnswer.object();
    ArrayNode list = body.putArray("errors");
    ArrayNode warnings = body.putArray("findings");
    errors.forEach(error -> ApiError.of(error).writeTo(list.addObject()));
    for (Finding finding : findings) {
      ParsedObject origin = objects.get(finding.object());
      FindingJson.write(
          finding,
          origin == null ? "" : origin.file(),
          origin == null ? 0 : origin.line(),
          (finding.refuses() ? list : warnings).addObject());
    }
    return body.toPrettyString() + "\n";
  }

  private void print(List<Finding> findings) {
    for (ObjectError error : errors) {
      out.println(
          ApiError.of(error).code().text()
              + "  "
              + error.file()
              + (error.line() > 0 ? ":" + error.line() : "")
              + "  "
              + error.object());
      out.println(
          "          "
              + (error.field().isEmpty() ? "" : error.field() + ": ")
              + error.offending()
              + " (expected: "
              + error.expected()
              + ")");
      out.println(
          "          mend: change this line, then run `heddle validate -f " + error.file() + "`");
    }
    int refusing = errors.size();
    for (Finding finding : findings) {
      refusing += finding.refuses() ? 1 : 0;
      out.println(
          finding.code().code()
              + "  "
              + finding.code().severity().text()
              + ": "
              + finding.object()
              + ": "
              + (finding.field().isEmpty() ? "" : finding.field() + ": ")
              + finding.message());
      out.println("          mend: " + finding.code().mend());
    }
    int warnings = errors.size() + findings.size() - refusing;
    out.println(
        read
            + " file(s), "
            + (refusing == 0 ? "no" : refusing)
            + " error(s)"
            + (warnings == 0 ? "" : ", " + warnings + " warning(s)"));
  }
}
