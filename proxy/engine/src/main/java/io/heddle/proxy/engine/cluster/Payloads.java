package io.heddle.proxy.engine.cluster;

import com.google.protobuf.ByteString;
import java.util.List;

/** Looks for bytes in what a host has sent. */
final class Payloads {
  private Payloads() {}

  /** Whether all of these stand in it, one after the other and with whatever between them. */
  static boolean match(List<ByteString> wanted, ByteString bytes) {
    int from = 0;
    for (ByteString block : wanted) {
      int at = find(block, bytes, from);
      if (at < 0) {
        return false;
      }
      from = at + block.size();
    }
    return true;
  }

  private static int find(ByteString block, ByteString in, int from) {
    for (int at = from; at + block.size() <= in.size(); at++) {
      if (in.substring(at, at + block.size()).equals(block)) {
        return at;
      }
    }
    return -1;
  }
}
