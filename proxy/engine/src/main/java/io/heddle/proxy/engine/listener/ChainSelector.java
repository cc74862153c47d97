package io.heddle.proxy.engine.listener;

import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.engine.connection.SocketInfo;
import io.heddle.proxy.engine.matcher.CompiledTree;
import io.heddle.proxy.engine.matcher.LimitedExpressions;
import io.heddle.xds.model.ChainMatch;
import io.heddle.xds.model.ChainMatch.SourceType;
import io.heddle.xds.model.CidrRange;
import io.heddle.xds.model.MatchTree;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds a connection's filter chain as Envoy does: destination port, destination address, server
 * name, transport protocol, application protocols, direct source address, source type, source
 * address, source port. At each step the most specific entry that matches is taken, and only the
 * port of the destination is tried again without. Compiled once, then immutable.
 */
final class ChainSelector<T> {

  private static final String ANY = "";

  private final Map<Integer, Ranges<Names<T>>> byPort = new HashMap<>();
  private @Nullable T byDefault;
  private @Nullable CompiledTree<String> tree;
  private Map<String, T> byName = Map.of();

  /** Two chains that would match the same connection as well as each other. */
  record Conflict(int first, int second) {}

  /** Which chain is where, for conflicts. */
  private record Placed<V>(V chain, int index) {}

  /** A step by IP address: the longest prefix that holds it. */
  private static final class Ranges<V> {
    private final Map<Integer, Map<Key, V>> byLength =
        new TreeMap<>((a, b) -> Integer.compare(b, a));
    private @Nullable V any;

    private record Key(CidrRange range) {}

    V at(@Nullable CidrRange range, Supplier<V> absent) {
      if (range == null) {
        V here = any;
        if (here == null) {
          here = absent.get();
          any = here;
        }
        return here;
      }
      return byLength
          .computeIfAbsent(range.prefixLength(), _ -> new HashMap<>())
          .computeIfAbsent(new Key(range), _ -> absent.get());
    }

    @Nullable V find(byte @Nullable [] address) {
      if (address != null) {
        for (Map.Entry<Integer, Map<Key, V>> length : byLength.entrySet()) {
          if (length.getKey() <= address.length * 8) {
            V found = length.getValue().get(new Key(new CidrRange(address, length.getKey())));
            if (found != null) {
              return found;
            }
          }
        }
      }
      return any;
    }
  }

  /** A step by server name. */
  private static final class Names<V> {
    private final Map<String, Map<String, Protocols<V>>> exact = new HashMap<>();
    private final Map<String, Map<String, Protocols<V>>> suffix = new HashMap<>();

    Map<String, Protocols<V>> at(String name) {
      return name.startsWith("*.")
          ? suffix.computeIfAbsent(name.substring(1), _ -> new HashMap<>())
          : exact.computeIfAbsent(name, _ -> new HashMap<>());
    }

    @Nullable Map<String, Protocols<V>> find(String name) {
      Map<String, Protocols<V>> found = exact.get(name);
      for (int dot = name.indexOf('.');
          found == null && dot >= 0;
          dot = name.indexOf('.', dot + 1)) {
        found = suffix.get(name.substring(dot));
      }
      return found == null && !name.isEmpty() ? exact.get(ANY) : found;
    }
  }

  /** A step by application protocol; the next is the direct source. */
  private static final class Protocols<V> {
    private final Map<String, Ranges<Sources<V>>> byName = new HashMap<>();
  }

  /** A step by the type of the source. */
  private static final class Sources<V> {
    private final Map<SourceType, Ranges<Map<Integer, Placed<V>>>> byType = new HashMap<>();
  }

  private ChainSelector() {}

  /** What came of compiling. */
  record Compiled<T>(ChainSelector<T> selector, Optional<Conflict> conflict) {}

  /**
   * Compiles.
   *
   * @param byDefault for connections that nothing else matches; null for none
   */
  static <T> Compiled<T> compile(List<T> chains, List<ChainMatch> matches, @Nullable T byDefault) {
    ChainSelector<T> selector = new ChainSelector<>();
    selector.byDefault = byDefault;
    for (int i = 0; i < chains.size(); i++) {
      int taken = selector.add(new Placed<>(chains.get(i), i), matches.get(i));
      if (taken >= 0) {
        return new Compiled<>(selector, Optional.of(new Conflict(taken, i)));
      }
    }
    return new Compiled<>(selector, Optional.empty());
  }

  /**
   * Compiles a tree that decides by name, in the place of what chains say of themselves.
   *
   * @param byDefault for connections that the tree leads nowhere; null for none
   * @throws IllegalArgumentException says what is wrong with an expression
   */
  static <T> ChainSelector<T> byTree(
      MatchTree<String> tree,
      ExpressionLanguage language,
      Map<String, T> byName,
      @Nullable T byDefault) {
    ChainSelector<T> selector = new ChainSelector<>();
    selector.tree =
        CompiledTree.of(tree, new LimitedExpressions(language, SocketMatchSubject::knows));
    selector.byName = Map.copyOf(byName);
    selector.byDefault = byDefault;
    return selector;
  }

  /** Where another chain stands already, its index; else -1. */
  private int add(Placed<T> chain, ChainMatch match) {
    for (CidrRange destination : ranges(match.destinationRanges())) {
      Names<T> names =
          byPort
              .computeIfAbsent(match.destinationPort(), _ -> new Ranges<>())
              .at(any(destination), Names::new);
      for (String name : orAny(match.serverNames())) {
        Protocols<T> protocols =
            names.at(name).computeIfAbsent(match.transportProtocol(), _ -> new Protocols<>());
        for (String protocol : orAny(match.applicationProtocols())) {
          Ranges<Sources<T>> direct =
              protocols.byName.computeIfAbsent(protocol, _ -> new Ranges<>());
          for (CidrRange from : ranges(match.directSourceRanges())) {
            int taken = add(chain, match, direct.at(any(from), Sources::new));
            if (taken >= 0) {
              return taken;
            }
          }
        }
      }
    }
    return -1;
  }

  private int add(Placed<T> chain, ChainMatch match, Sources<T> sources) {
    Ranges<Map<Integer, Placed<T>>> byAddress =
        sources.byType.computeIfAbsent(match.sourceType(), _ -> new Ranges<>());
    for (CidrRange source : ranges(match.sourceRanges())) {
      Map<Integer, Placed<T>> ports = byAddress.at(any(source), HashMap::new);
      for (int port : match.sourcePorts().isEmpty() ? List.of(0) : match.sourcePorts()) {
        Placed<T> before = ports.putIfAbsent(port, chain);
        if (before != null && before.index() != chain.index()) {
          return before.index();
        }
      }
    }
    return -1;
  }

  /** Stands for every address, also for one that is none. */
  private static final CidrRange EVERYWHERE = new CidrRange(new byte[4], 0);

  private static List<CidrRange> ranges(List<CidrRange> ranges) {
    return ranges.isEmpty() ? List.of(EVERYWHERE) : ranges;
  }

  // Identity is meant: a configured 0.0.0.0/0 matches IPv4 alone.
  @SuppressWarnings("ReferenceEquality")
  private static @Nullable CidrRange any(CidrRange range) {
    return range == EVERYWHERE ? null : range;
  }

  private static List<String> orAny(List<String> names) {
    return names.isEmpty() ? List.of(ANY) : names;
  }

  /** The chain of a connection; null for none. */
  @Nullable T find(SocketInfo info) {
    CompiledTree<String> decides = tree;
    if (decides != null) {
      String name = decides.decide(new SocketMatchSubject(info));
      T named = name == null ? null : byName.get(name);
      return named == null ? byDefault : named;
    }
    T found = null;
    Ranges<Names<T>> destinations = byPort.get(info.localAddress().getPort());
    if (destinations != null) {
      found = find(destinations, info);
    }
    if (found == null) {
      destinations = byPort.get(0);
      found = destinations == null ? null : find(destinations, info);
    }
    return found == null ? byDefault : found;
  }

  private static <T> @Nullable T find(Ranges<Names<T>> destinations, SocketInfo info) {
    Names<T> names = destinations.find(bytes(info.localAddress()));
    if (names == null) {
      return null;
    }
    Map<String, Protocols<T>> transports =
        names.find(info.serverName().orElse(ANY).toLowerCase(Locale.ROOT));
    if (transports == null) {
      return null;
    }
    Protocols<T> protocols = transports.get(info.found().transportProtocol());
    if (protocols == null) {
      protocols = transports.get(ANY);
    }
    if (protocols == null) {
      return null;
    }
    Ranges<Sources<T>> direct = null;
    for (String offered : info.found().applicationProtocols()) {
      direct = protocols.byName.get(offered);
      if (direct != null) {
        break;
      }
    }
    if (direct == null) {
      direct = protocols.byName.get(ANY);
    }
    Sources<T> sources = direct == null ? null : direct.find(bytes(info.directRemoteAddress()));
    if (sources == null) {
      return null;
    }
    Ranges<Map<Integer, Placed<T>>> addresses =
        sources.byType.get(local(info) ? SourceType.SAME_IP_OR_LOOPBACK : SourceType.EXTERNAL);
    if (addresses == null) {
      addresses = sources.byType.get(SourceType.ANY);
    }
    Map<Integer, Placed<T>> ports =
        addresses == null ? null : addresses.find(bytes(info.remoteAddress()));
    if (ports == null) {
      return null;
    }
    Placed<T> placed = ports.get(info.remoteAddress().getPort());
    if (placed == null) {
      placed = ports.get(0);
    }
    return placed == null ? null : placed.chain();
  }

  private static boolean local(SocketInfo info) {
    InetAddress source = info.remoteAddress().getAddress();
    return source == null
        || source.isLoopbackAddress()
        || source.equals(info.localAddress().getAddress());
  }

  private static byte @Nullable [] bytes(InetSocketAddress address) {
    InetAddress ip = address.getAddress();
    return ip == null ? null : ip.getAddress();
  }

  /** Whether it goes by what only a look into the first bytes tells. */
  static boolean looksInside(List<ChainMatch> matches) {
    for (ChainMatch match : matches) {
      if (!match.serverNames().isEmpty()
          || !match.applicationProtocols().isEmpty()
          || !match.transportProtocol().isEmpty()) {
        return true;
      }
    }
    return false;
  }
}
