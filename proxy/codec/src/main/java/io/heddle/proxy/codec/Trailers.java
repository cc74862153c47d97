package io.heddle.proxy.codec;

/** The trailers of one message. */
public final class Trailers extends Head {
  Trailers(HeadPool pool) {
    super(pool);
  }
}
