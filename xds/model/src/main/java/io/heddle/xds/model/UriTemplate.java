package io.heddle.xds.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A path with variables ({@code
 * envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig}): {@code *} and {@code
 * {name}} stand for one segment, {@code **} for any text, {@code {name=a/*}} for what its pattern
 * stands for, and the end may have a suffix. Matching takes one pass and makes nothing. Immutable.
 */
public final class UriTemplate {
  /** The longest template, in characters. */
  public static final int LONGEST = 256;

  private static final int MOST_VARIABLES = 5;
  private static final int LONGEST_NAME = 16;
  private static final String SYMBOLS = "-._~%!$&'()+,;:@=";

  private final String text;
  private final Piece[] pieces;
  private final List<String> variables;
  private final int last;
  private final int tailLength;

  private sealed interface Piece {
    record Literal(String text) implements Piece {}

    enum Glob implements Piece {
      SEGMENT,
      TEXT
    }

    record Open(int variable) implements Piece {}

    record Close(int variable) implements Piece {}
  }

  private UriTemplate(String text, List<Piece> pieces, List<String> variables) {
    this.text = text;
    this.pieces = pieces.toArray(new Piece[0]);
    this.variables = List.copyOf(variables);
    int lastGlob = -1;
    for (int i = 0; i < this.pieces.length; i++) {
      if (this.pieces[i] instanceof Piece.Glob) {
        lastGlob = i;
      }
    }
    int tail = 0;
    for (int i = lastGlob + 1; i < this.pieces.length; i++) {
      tail += this.pieces[i] instanceof Piece.Literal literal ? literal.text().length() : 0;
    }
    this.last = lastGlob;
    this.tailLength = tail;
  }

  /**
   * Reads a template.
   *
   * @throws IllegalArgumentException says what is wrong with it
   */
  public static UriTemplate parse(String template) {
    if (!template.startsWith("/") || template.length() > LONGEST) {
      throw new IllegalArgumentException("a template of at most 256 characters that begins with /");
    }
    return new Parser(template).parse();
  }

  /** Whether {@code path} up to {@code end} is what the template stands for. */
  public boolean matches(String path, int end) {
    return match(path, end, null);
  }

  /**
   * Where each variable of the matching path begins and ends, two numbers a variable; empty where
   * it does not match.
   */
  public int[] spans(String path, int end) {
    int[] spans = new int[2 * variables.size() + 1];
    return match(path, end, spans) ? spans : new int[0];
  }

  /** The literal text with which every matching path begins. */
  public String literalPrefix() {
    StringBuilder prefix = new StringBuilder();
    for (Piece piece : pieces) {
      switch (piece) {
        case Piece.Literal literal -> prefix.append(literal.text());
        case Piece.Glob _ -> {
          return prefix.toString();
        }
        case Piece.Open _, Piece.Close _ -> {}
      }
    }
    return prefix.toString();
  }

  /** The variables' names, in order. */
  public List<String> variables() {
    return variables;
  }

  private boolean match(String path, int end, int @org.jspecify.annotations.Nullable [] spans) {
    int at = 0;
    for (int i = 0; i < pieces.length; i++) {
      switch (pieces[i]) {
        case Piece.Literal literal -> {
          int length = literal.text().length();
          if (end - at < length || !path.startsWith(literal.text(), at)) {
            return false;
          }
          at += length;
        }
        case Piece.Glob glob -> {
          boolean slashes = glob == Piece.Glob.TEXT;
          int stop = i == last ? end - tailLength : Integer.MAX_VALUE;
          int from = at;
          while (at < end && at < stop && stands(path.charAt(at), slashes)) {
            at++;
          }
          if ((i == last && at != stop) || (!slashes && at == from)) {
            return false;
          }
        }
        case Piece.Open open -> {
          if (spans != null) {
            spans[2 * open.variable()] = at;
          }
        }
        case Piece.Close close -> {
          if (spans != null) {
            spans[2 * close.variable() + 1] = at;
          }
        }
      }
    }
    return at == end;
  }

  private static boolean stands(char c, boolean slashes) {
    return literal(c) || (slashes && c == '/');
  }

  private static boolean literal(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || SYMBOLS.indexOf(c) >= 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof UriTemplate that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }

  /**
   * What a path becomes ({@code
   * envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig}): text, and variables
   * of the template that matched.
   */
  public static final class Rewrite {
    private final String text;
    private final UriTemplate template;
    private final List<String> literals = new ArrayList<>();
    private final int[] between;

    private Rewrite(String text, UriTemplate template) {
      this.text = text;
      this.template = template;
      int[] indices = new int[text.length()];
      int n = 0;
      int at = 0;
      while (true) {
        int open = text.indexOf('{', at);
        String literal = open < 0 ? text.substring(at) : text.substring(at, open);
        for (int i = 0; i < literal.length(); i++) {
          if (!stands(literal.charAt(i), true)) {
            throw new IllegalArgumentException("characters of a path, and {variable}");
          }
        }
        literals.add(literal);
        if (open < 0) {
          break;
        }
        int close = text.indexOf('}', open);
        int variable = close < 0 ? -1 : template.variables.indexOf(text.substring(open + 1, close));
        if (variable < 0) {
          throw new IllegalArgumentException(
              "variables of the match's template: " + String.join(", ", template.variables));
        }
        indices[n++] = variable;
        at = close + 1;
      }
      between = Arrays.copyOf(indices, n);
    }

    /**
     * Reads a rewrite of what {@code template} matches.
     *
     * @throws IllegalArgumentException says what is expected
     */
    public static Rewrite parse(String rewrite, UriTemplate template) {
      if (!rewrite.startsWith("/") || rewrite.length() > LONGEST) {
        throw new IllegalArgumentException("a path of at most 256 characters that begins with /");
      }
      return new Rewrite(rewrite, template);
    }

    /** The new path; the same where the template does not match. */
    public String of(String path) {
      int[] spans = template.spans(path, path.length());
      if (spans.length == 0) {
        return path;
      }
      StringBuilder out = new StringBuilder(literals.getFirst());
      for (int i = 0; i < between.length; i++) {
        int variable = 2 * between[i];
        out.append(path, spans[variable], spans[variable + 1]).append(literals.get(i + 1));
      }
      return out.toString();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Rewrite that
          && text.equals(that.text)
          && template.equals(that.template);
    }

    @Override
    public int hashCode() {
      return text.hashCode();
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** Reads one template, segment by segment. */
  private static final class Parser {
    private final String template;
    private final List<Piece> pieces = new ArrayList<>();
    private final List<String> variables = new ArrayList<>();
    private final StringBuilder pending = new StringBuilder();
    private boolean textGlob;
    private int at = 1;

    Parser(String template) {
      this.template = template;
    }

    UriTemplate parse() {
      pending.append('/');
      while (at < template.length()) {
        char c = template.charAt(at);
        if (c == '*') {
          glob();
        } else if (c == '{') {
          variable();
        } else {
          literal(template.length(), '/');
        }
        if (at == template.length()) {
          break;
        }
        if (template.charAt(at) == '/') {
          pending.append('/');
          at++;
        } else {
          literal(template.length(), '/');
          if (at < template.length()) {
            throw new IllegalArgumentException(
                "nothing after the suffix " + template.substring(at));
          }
        }
      }
      flush();
      return new UriTemplate(template, pieces, variables);
    }

    private void flush() {
      if (!pending.isEmpty()) {
        pieces.add(new Piece.Literal(pending.toString()));
        pending.setLength(0);
      }
    }

    private void literal(int end, char until) {
      int from = at;
      while (at < end && template.charAt(at) != until && UriTemplate.literal(template.charAt(at))) {
        at++;
      }
      if (at == from || (at < end && template.charAt(at) != until)) {
        throw new IllegalArgumentException("a literal, *, ** or {variable} at character " + at);
      }
      pending.append(template, from, at);
    }

    private void glob() {
      boolean any = template.startsWith("**", at);
      if (textGlob) {
        throw new IllegalArgumentException("no glob after **");
      }
      textGlob = any;
      flush();
      pieces.add(any ? Piece.Glob.TEXT : Piece.Glob.SEGMENT);
      at += any ? 2 : 1;
    }

    private void variable() {
      int close = template.indexOf('}', at);
      if (close < 0) {
        throw new IllegalArgumentException("a closing brace after character " + at);
      }
      int equals = template.indexOf('=', at);
      int nameEnd = equals < 0 || equals > close ? close : equals;
      String name = template.substring(at + 1, nameEnd);
      if (!isName(name) || variables.contains(name) || variables.size() == MOST_VARIABLES) {
        throw new IllegalArgumentException(
            "at most 5 variables with names of 1 to 16 letters, digits and _, each used once");
      }
      flush();
      pieces.add(new Piece.Open(variables.size()));
      int index = variables.size();
      variables.add(name);
      if (nameEnd == close) {
        at = close;
        if (textGlob) {
          throw new IllegalArgumentException("no variable without a pattern after **");
        }
        pieces.add(Piece.Glob.SEGMENT);
      } else {
        at = nameEnd + 1;
        pattern(close);
      }
      flush();
      pieces.add(new Piece.Close(index));
      at = close + 1;
    }

    private void pattern(int close) {
      while (true) {
        if (at < close && template.charAt(at) == '*') {
          glob();
        } else {
          literal(close, '/');
        }
        if (at == close) {
          return;
        }
        if (template.charAt(at) != '/') {
          throw new IllegalArgumentException("a slash at character " + at);
        }
        pending.append('/');
        at++;
      }
    }

    private static boolean isName(String name) {
      for (int i = 0; i < name.length(); i++) {
        char c = name.charAt(i);
        boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && (i == 0 || ((c < '0' || c > '9') && c != '_'))) {
          return false;
        }
      }
      return !name.isEmpty() && name.length() <= LONGEST_NAME;
    }
  }
}
