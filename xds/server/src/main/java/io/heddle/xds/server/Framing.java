package io.heddle.xds.server;

/** The shape in which one stream takes its resources. */
enum Framing {
  /** The bare content, of which only the content tells the name. */
  SOTW(false, false),
  /** Like it, but what ends unless it is renewed comes in a wrapper that says so. */
  SOTW_WRAPPED(false, true),
  /** Name, version and content. */
  DELTA(true, false),
  /** Like it, and how long it is good for. */
  DELTA_TTL(true, true);

  private final boolean delta;
  private final boolean saysTtl;

  Framing(boolean delta, boolean saysTtl) {
    this.delta = delta;
    this.saysTtl = saysTtl;
  }

  /** A client that did not announce that it takes a TTL is never given one: it would not renew. */
  static Framing of(boolean delta, NodeInfo.Features features) {
    if (delta) {
      return features.ttl() ? DELTA_TTL : DELTA;
    }
    return features.wrapsSotw() ? SOTW_WRAPPED : SOTW;
  }

  boolean delta() {
    return delta;
  }

  boolean saysTtl() {
    return saysTtl;
  }
}
