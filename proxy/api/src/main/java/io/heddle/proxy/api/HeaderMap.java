package io.heddle.proxy.api;

import java.util.List;
import java.util.Optional;

/**
 * The headers or trailers of one message: ordered, repeatable, names compared without case.
 *
 * <p>A map is a view on bytes that the engine owns until the exchange completes; strings are made
 * when asked for. Owned by the exchange's event loop. Values are checked on the way in (RFC 9110,
 * 5.5): a control character is an {@link IllegalArgumentException}, never a second header.
 */
public interface HeaderMap {
  /** The first value of this name. */
  Optional<String> first(HeaderName name);

  /** Every value of this name, in order, one element a field line; empty where there is none. */
  List<String> all(HeaderName name);

  /** Whether the name occurs; allocates nothing. */
  boolean contains(HeaderName name);

  /** Whether the first value of this name is exactly {@code value}; allocates nothing. */
  boolean valueEquals(HeaderName name, CharSequence value);

  /** Appends a field line and keeps those of the same name. */
  void add(HeaderName name, CharSequence value);

  /** Puts this one field line in the place of all of that name. */
  void set(HeaderName name, CharSequence value);

  /** Takes away all field lines of this name, and says whether there were any. */
  boolean remove(HeaderName name);

  /** Visits every field line in order, pseudo-headers left out; allocates two strings a line. */
  void forEach(Visitor visitor);

  /** Field lines, pseudo-headers not counted. */
  int size();

  /** Bytes of all names and values, as limits count them. */
  int byteSize();

  /** Sees one field line. */
  @FunctionalInterface
  interface Visitor {
    /** Called once a field line; {@code name} is lower-cased. */
    void header(String name, String value);
  }
}
