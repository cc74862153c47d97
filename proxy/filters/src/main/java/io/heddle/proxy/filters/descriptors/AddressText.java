package io.heddle.proxy.filters.descriptors;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Addresses of clients as descriptors have them: those of IPv6 in the short form (RFC 5952). */
final class AddressText {
  private AddressText() {}

  static String of(InetSocketAddress address) {
    InetAddress ip = address.getAddress();
    return ip == null ? address.getHostString() : NetUtil.toAddressString(ip);
  }

  /** The network of an address with the length of its prefix; empty for what is no address. */
  static String masked(InetSocketAddress address, int v4Bits, int v6Bits) {
    InetAddress ip = address.getAddress();
    if (ip == null) {
      return "";
    }
    byte[] bytes = ip.getAddress();
    int bits = bytes.length == 4 ? v4Bits : v6Bits;
    for (int i = 0; i < bytes.length; i++) {
      int kept = Math.clamp(bits - 8L * i, 0, 8);
      bytes[i] &= (byte) (0xff00 >> kept);
    }
    try {
      return NetUtil.toAddressString(InetAddress.getByAddress(bytes)) + "/" + bits;
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException("an address of " + bytes.length + " bytes", impossible);
    }
  }
}
