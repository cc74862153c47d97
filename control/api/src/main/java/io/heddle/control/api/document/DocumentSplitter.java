package io.heddle.control.api.document;

import java.util.ArrayList;
import java.util.List;

/**
 * Parts a YAML text at its document markers, so that a syntax error in one document does not hide
 * the errors of the next. YAML 1.2.2 section 9.1.2 forbids a line that begins with {@code ---}
 * inside any document, even in block scalars, so that cutting at such lines is exact.
 */
final class DocumentSplitter {
  private DocumentSplitter() {}

  /** One document, with the number of lines of the file that come before it. */
  record Piece(String text, int linesBefore) {}

  static List<Piece> split(String text) {
    List<Piece> pieces = new ArrayList<>();
    int begin = 0;
    int beginLine = 0;
    int line = 0;
    int at = 0;
    while (at < text.length()) {
      if (at > begin && isMarker(text, at)) {
        pieces.add(new Piece(text.substring(begin, at), beginLine));
        begin = at;
        beginLine = line;
      }
      int next = text.indexOf('\n', at);
      at = next < 0 ? text.length() : next + 1;
      line++;
    }
    pieces.add(new Piece(text.substring(begin), beginLine));
    return pieces;
  }

  private static boolean isMarker(String text, int at) {
    return text.startsWith("---", at)
        && (at + 3 == text.length() || Character.isWhitespace(text.charAt(at + 3)));
  }
}
