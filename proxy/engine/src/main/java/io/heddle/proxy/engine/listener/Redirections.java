package io.heddle.proxy.engine.listener;

import io.heddle.proxy.engine.loop.Addresses;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The listeners by their addresses, to which connections go that were redirected from there ({@code
 * use_original_dst}). Written under the listeners' lock, read by every loop.
 */
final class Redirections {
  private volatile Map<InetSocketAddress, ActiveListener> byAddress = Map.of();

  /** These are the listeners now. */
  void are(Collection<ActiveListener> listeners) {
    Map<InetSocketAddress, ActiveListener> all = new HashMap<>();
    for (ActiveListener listener : listeners) {
      for (InetSocketAddress address : listener.addresses()) {
        if (!Addresses.isPipe(address)) {
          all.putIfAbsent(address, listener);
        }
      }
    }
    byAddress = Map.copyOf(all);
  }

  /** The one for an address, else one for its port at every address; null for none. */
  @Nullable ActiveListener find(InetSocketAddress destination) {
    Map<InetSocketAddress, ActiveListener> all = byAddress;
    ActiveListener exact = all.get(destination);
    if (exact != null || destination.getAddress() == null) {
      return exact;
    }
    ActiveListener any = all.get(new InetSocketAddress(destination.getPort()));
    return any != null ? any : all.get(anyV4(destination.getPort()));
  }

  private static InetSocketAddress anyV4(int port) {
    return new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), port);
  }
}
