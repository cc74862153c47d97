package io.heddle.proxy.engine.dns;

import io.heddle.xds.model.ClusterConfig.DnsLookupFamily;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;

/** Picks the addresses of the wanted family. */
public final class AddressFamilies {
  private AddressFamilies() {}

  /** Those that are wanted, in their order. */
  public static List<InetAddress> select(List<InetAddress> addresses, DnsLookupFamily family) {
    List<InetAddress> v4 = addresses.stream().filter(Inet4Address.class::isInstance).toList();
    List<InetAddress> v6 = addresses.stream().filter(a -> !(a instanceof Inet4Address)).toList();
    return switch (family) {
      case AUTO -> v6.isEmpty() ? v4 : v6;
      case V4_ONLY -> v4;
      case V6_ONLY -> v6;
      case V4_PREFERRED -> v4.isEmpty() ? v6 : v4;
      case ALL -> addresses;
    };
  }
}
