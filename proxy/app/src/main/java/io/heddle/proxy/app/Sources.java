package io.heddle.proxy.app;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.heddle.proxy.app.dynamic.DynamicConfig;
import io.heddle.proxy.app.dynamic.Subscriber;
import io.heddle.xds.client.ClientLimits;
import io.heddle.xds.client.FileFeed;
import io.heddle.xds.client.LastGood;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.client.ResourceFeed;
import io.heddle.xds.client.ResourceSink;
import io.heddle.xds.client.RestFeed;
import io.heddle.xds.client.XdsClient;
import io.heddle.xds.client.XdsClientOptions;
import io.heddle.xds.client.XdsScheduler;
import io.heddle.xds.client.XdsStats;
import io.heddle.xds.client.XdsVariant;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.SourceConfig.Origin;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The aggregated stream and every other source, of which each type has its own stream, poll or
 * watch, opened when the first name is wanted and ended with the last.
 *
 * <p>State belongs to the scheduler's thread, but for the statistics.
 */
final class Sources implements Subscriber {
  private final BootstrapConfig bootstrap;
  private final Node node;
  private final ParseOptions parse;
  private final XdsScheduler scheduler;
  private final SecuredChannels channels;
  private final RestFeed.Fetcher fetcher;
  private final FileFeed.Watches watches;
  private final SplittableRandom random = new SplittableRandom();
  private final Map<Key, ResourceFeed> feeds = new HashMap<>();

  /** What of ended feeds has been counted. Guarded by itself. */
  private final Map<String, Long> past = new TreeMap<>();

  /** For the threads that read statistics. */
  private volatile List<XdsStats> counted = List.of();

  private @Nullable XdsClient ads;
  private @Nullable DynamicConfig driver;

  private record Key(ResourceType type, Origin origin) {}

  Sources(
      BootstrapConfig bootstrap,
      Node node,
      ParseOptions parse,
      XdsScheduler scheduler,
      SecuredChannels channels,
      RestFeed.Fetcher fetcher,
      FileFeed.Watches watches) {
    this.bootstrap = bootstrap;
    this.node = node;
    this.parse = parse;
    this.scheduler = scheduler;
    this.channels = channels;
    this.fetcher = fetcher;
    this.watches = watches;
  }

  /** Ties the knot: who takes the resources also says which are wanted. */
  void connect(DynamicConfig to, Optional<XdsClient> aggregated) {
    driver = to;
    ads = aggregated.orElse(null);
    count();
  }

  @Override
  public void subscribe(ResourceType type, Map<Origin, Set<String>> wanted) {
    if (ads != null) {
      ads.subscribe(type, wanted.getOrDefault(Origin.Ads.ADS, Set.of()));
    }
    for (Map.Entry<Origin, Set<String>> entry : wanted.entrySet()) {
      if (entry.getKey() != Origin.Ads.ADS && !entry.getValue().isEmpty()) {
        Key key = new Key(type, entry.getKey());
        ResourceFeed feed = feeds.get(key);
        boolean fresh = feed == null;
        if (feed == null) {
          feed = open(key);
          feeds.put(key, feed);
          count();
        }
        feed.subscribe(entry.getValue());
        if (fresh) {
          feed.start();
        }
      }
    }
    for (Key key : List.copyOf(feeds.keySet())) {
      if (key.type() == type && wanted.getOrDefault(key.origin(), Set.of()).isEmpty()) {
        end(key);
      }
    }
  }

  private void end(Key key) {
    ResourceFeed feed = feeds.remove(key);
    if (feed != null) {
      feed.end();
      synchronized (past) {
        add(feed.stats(), past);
        past.remove(CONNECTED);
      }
      count();
    }
  }

  private ResourceFeed open(Key key) {
    DynamicConfig to = driver;
    if (to == null) {
      throw new IllegalStateException("subscribed before the driver was made");
    }
    ResourceSink sink = to.sink(key.origin());
    return switch (key.origin()) {
      case Origin.Grpc grpc -> ResourceFeed.stream(key.type(), client(key.type(), grpc, sink));
      case Origin.Rest rest ->
          new RestFeed(
              key.type(),
              rest,
              node,
              sink,
              ClientLimits.DEFAULT,
              parse,
              scheduler,
              random,
              fetcher);
      case Origin.File file ->
          new FileFeed(key.type(), file, sink, ClientLimits.DEFAULT, parse, scheduler, watches);
      case Origin.Ads _, Origin.Self _ ->
          throw new IllegalStateException(key + " (expected: a source with feeds of its own)");
    };
  }

  private XdsClient client(ResourceType type, Origin.Grpc origin, ResourceSink sink) {
    ControlPlane target = ControlPlane.of(bootstrap, origin.target());
    XdsClientOptions options = options(node, origin, target, scheduler).only(type).build();
    return XdsClient.create(options, sink, channels.to(origin.target()));
  }

  /** How a stream to this origin is spoken. */
  static XdsClientOptions.Builder options(
      Node node, Origin.Grpc origin, ControlPlane target, XdsScheduler scheduler) {
    XdsClientOptions.Builder options =
        XdsClientOptions.builder(node, target.targets().getFirst())
            .authority(target.authority())
            .variant(
                switch (origin.variant()) {
                  case DELTA -> XdsVariant.DELTA;
                  case STATE_OF_THE_WORLD -> XdsVariant.STATE_OF_THE_WORLD;
                })
            .stream(origin.options())
            .scheduler(scheduler);
    target.targets().stream().skip(1).forEach(options::alsoTarget);
    return options;
  }

  @Override
  public Optional<String> refusal(ResourceType type, Origin origin) {
    return switch (origin) {
      case Origin.Ads _ -> overAds(type);
      case Origin.Self _ -> Optional.empty();
      case Origin.Grpc grpc ->
          ControlPlane.of(bootstrap, grpc.target()).targets().isEmpty()
              ? Optional.of(
                  "api_config_source.grpc_services[0]: found "
                      + grpc.target()
                      + ", expected a static cluster with endpoints")
              : Optional.empty();
      case Origin.Rest rest ->
          bootstrap.clusters().stream().noneMatch(c -> c.name().equals(rest.clusterName()))
              ? Optional.of(
                  "api_config_source.cluster_names[0]: found "
                      + rest.clusterName()
                      + ", expected a static cluster")
              : Optional.empty();
      case Origin.File _ -> Optional.empty();
    };
  }

  private Optional<String> overAds(ResourceType type) {
    if (bootstrap.dynamic().ads().isEmpty()) {
      return Optional.of("ads: found no aggregated stream, expected one in the bootstrap");
    }
    if (type == ResourceType.VIRTUAL_HOSTS
        && bootstrap.dynamic().ads().get().variant()
            == BootstrapConfig.Variant.STATE_OF_THE_WORLD) {
      return Optional.of("ads: found the state-of-the-world variant, expected delta");
    }
    return Optional.empty();
  }

  private static final String CONNECTED = "control_plane.connected_state";

  private void count() {
    List<XdsStats> all = new ArrayList<>();
    if (ads != null) {
      all.add(ads.stats());
    }
    feeds.values().forEach(feed -> all.add(feed.stats()));
    counted = List.copyOf(all);
  }

  /** What is counted of connections, by name, over all sources. From any thread. */
  Map<String, Long> values() {
    Map<String, Long> sum;
    synchronized (past) {
      sum = new TreeMap<>(past);
      counted.forEach(stats -> add(stats, sum));
    }
    sum.computeIfPresent(CONNECTED, (_, streams) -> Math.min(1, streams));
    return sum;
  }

  /** What the control plane calls itself; empty where it says nothing. From any thread. */
  String identifier() {
    for (XdsStats stats : counted) {
      if (!stats.identifier().isEmpty()) {
        return stats.identifier();
      }
    }
    return "";
  }

  private static void add(XdsStats stats, Map<String, Long> sum) {
    stats.values().forEach((name, value) -> sum.merge(name, value, Long::sum));
  }

  /** The last accepted version of a type, empty before the first. From any thread. */
  String versionText(ResourceType type) {
    for (XdsStats stats : counted) {
      if (!stats.versionText(type).isEmpty()) {
        return stats.versionText(type);
      }
    }
    return "";
  }

  /** Every accepted resource. */
  LastGood accepted() {
    Map<ResourceType, List<ReceivedResource>> all = new EnumMap<>(ResourceType.class);
    List<LastGood> parts = new ArrayList<>();
    if (ads != null) {
      parts.add(ads.accepted());
    }
    feeds.values().forEach(feed -> parts.add(feed.accepted()));
    for (LastGood part : parts) {
      part.resources()
          .forEach((type, list) -> all.computeIfAbsent(type, _ -> new ArrayList<>()).addAll(list));
    }
    return new LastGood(new LinkedHashMap<>(all));
  }

  /** Ends all that is not the aggregated stream. */
  void end() {
    List.copyOf(feeds.keySet()).forEach(this::end);
  }
}
