package io.heddle.control.api.document;

import java.util.ArrayList;
import java.util.List;

/**
 * Collects what is wrong with the documents of one call; bounded. Confined to the parsing thread.
 */
final class Problems {
  private static final int MOST = 1000;
  private static final int SHOWN = 120;

  private final List<ObjectError> errors = new ArrayList<>();
  private String file = "";
  private String object = "";

  /** What the next errors are about. */
  void about(String newFile, String newObject) {
    file = newFile;
    object = newObject;
  }

  String file() {
    return file;
  }

  void add(int line, String field, String offending, String expected) {
    if (errors.size() < MOST) {
      errors.add(new ObjectError(file, line, object, field, offending, expected));
    } else if (errors.size() == MOST) {
      errors.add(
          new ObjectError(
              file, line, "", "", "more than " + MOST + " errors", "fewer; mend these"));
    }
  }

  int count() {
    return errors.size();
  }

  List<ObjectError> all() {
    return errors;
  }

  /** A text in quotes, cut and with its control characters replaced, fit for a message. */
  static String quote(String text) {
    return '"' + shorten(text) + '"';
  }

  static String shorten(String text) {
    String cut = text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text;
    StringBuilder clean = new StringBuilder(cut.length());
    cut.chars().forEach(c -> clean.append(Character.isISOControl(c) ? '·' : (char) c));
    return clean.toString();
  }
}
