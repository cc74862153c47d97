package io.heddle.proxy.codec;

/** The versions that this codec speaks. */
public enum HttpVersion {
  /** HTTP/1.0. */
  HTTP_1_0("HTTP/1.0"),
  /** HTTP/1.1. */
  HTTP_1_1("HTTP/1.1"),
  /** HTTP/2, whose frames are read elsewhere; its fields come through {@link FieldSection}. */
  HTTP_2("HTTP/2");

  private final String text;

  HttpVersion(String text) {
    this.text = text;
  }

  /** As on the wire. */
  public String text() {
    return text;
  }
}
