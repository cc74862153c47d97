package io.heddle.proxy.engine.frames;

/** Numbers of frames (RFC 9113, 4.1 and 6). */
final class Frame {
  /** Bytes of a frame's head. */
  static final int HEAD = 9;

  /** What a payload may have where nobody has said otherwise, and we never do. */
  static final int LONGEST = 16_384;

  static final int DEFAULT_WINDOW = 65_535;

  static final byte DATA = 0;
  static final byte HEADERS = 1;
  static final byte PRIORITY = 2;
  static final byte RST_STREAM = 3;
  static final byte SETTINGS = 4;
  static final byte PUSH_PROMISE = 5;
  static final byte PING = 6;
  static final byte GOAWAY = 7;
  static final byte WINDOW_UPDATE = 8;
  static final byte CONTINUATION = 9;

  static final int END_STREAM = 1;
  static final int ACK = 1;
  static final int END_HEADERS = 4;
  static final int PADDED = 8;
  static final int PRIORITIZED = 32;

  static final int HEADER_TABLE_SIZE = 1;
  static final int ENABLE_PUSH = 2;
  static final int MAX_CONCURRENT_STREAMS = 3;
  static final int INITIAL_WINDOW_SIZE = 4;
  static final int MAX_FRAME_SIZE = 5;
  static final int MAX_HEADER_LIST_SIZE = 6;
  static final int ENABLE_CONNECT_PROTOCOL = 8;

  private Frame() {}
}
