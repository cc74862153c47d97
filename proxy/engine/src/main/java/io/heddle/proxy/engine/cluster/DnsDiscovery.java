package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.dns.AddressFamilies;
import io.heddle.proxy.engine.dns.HostResolver;
import io.heddle.proxy.engine.dns.HostResolver.Resolved;
import io.heddle.xds.model.ClusterConfig.Discovery.StrictDns;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.EndpointsConfig.Endpoint;
import io.heddle.xds.model.EndpointsConfig.LocalityEndpoints;
import io.heddle.xds.model.SocketEndpoint;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the endpoints of a cluster as DNS says ({@code STRICT_DNS}): every address of every name is
 * a host, or the first one of the one name ({@code LOGICAL_DNS}). A name whose look-up fails keeps
 * the addresses it had. Runs on the given scheduler's thread.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
final class DnsDiscovery {
  private static final Logger LOG = LoggerFactory.getLogger(DnsDiscovery.class);

  private final Cluster cluster;
  private final StrictDns config;
  private final HostResolver resolver;
  private final ScheduledExecutorService scheduler;
  private final Map<String, List<InetAddress>> known = new HashMap<>();
  private final SplittableRandom random = new SplittableRandom();
  private volatile boolean stopped;
  private boolean failed;
  private int failures;
  private long ttlMillis; // The least of the last answers.

  DnsDiscovery(
      Cluster cluster,
      StrictDns config,
      HostResolver resolver,
      ScheduledExecutorService scheduler) {
    this.cluster = cluster;
    this.config = config;
    this.resolver = resolver;
    this.scheduler = scheduler;
  }

  StrictDns config() {
    return config;
  }

  void start() {
    scheduler.execute(this::refresh);
  }

  void stop() {
    stopped = true;
  }

  private void refresh() {
    if (stopped) {
      return;
    }
    failed = false;
    ttlMillis = Long.MAX_VALUE;
    Set<String> names = new LinkedHashSet<>();
    for (LocalityEndpoints locality : config.endpoints().localities()) {
      for (Endpoint endpoint : locality.endpoints()) {
        String name = endpoint.address().address();
        if (NetUtil.createByteArrayFromIpAddressString(name) == null) {
          names.add(name);
        }
      }
    }
    List<CompletableFuture<Void>> lookups = new ArrayList<>();
    for (String name : names) {
      lookups.add(
          lookUp(name)
              .handleAsync((answer, failure) -> answered(name, answer, failure), scheduler)
              .toCompletableFuture());
    }
    CompletableFuture.allOf(lookups.toArray(new CompletableFuture<?>[0]))
        .whenCompleteAsync((_, _) -> publish(), scheduler);
  }

  /** A resolver that cannot even begin has failed as one that does not find the name. */
  private CompletionStage<Resolved> lookUp(String name) {
    try {
      return resolver.answer(name);
    } catch (RuntimeException failure) {
      return CompletableFuture.failedFuture(failure);
    }
  }

  @SuppressWarnings("NullAway") // One of addresses and failure is null, as CompletionStage has it.
  private Void answered(String name, Resolved answer, Throwable failure) {
    cluster.stats().updateAttempt.increment();
    if (failure != null) {
      Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
      LOG.warn("Cluster {}: look-up of {} failed: {}", cluster.name(), name, cause.toString());
      cluster.stats().updateFailure.increment();
      failed = true;
    } else {
      if (answer.ttlSeconds() > 0) {
        ttlMillis = Math.min(ttlMillis, answer.ttlSeconds() * 1000);
      }
      List<InetAddress> wanted = AddressFamilies.select(answer.addresses(), config.lookupFamily());
      if (config.options().logical() && wanted.size() > 1) {
        wanted = wanted.subList(0, 1);
      }
      (wanted.isEmpty() ? cluster.stats().updateEmpty : cluster.stats().updateSuccess).increment();
      known.put(name, wanted);
    }
    return null;
  }

  private void publish() {
    if (stopped) {
      return;
    }
    try {
      cluster.endpoints(endpoints());
    } catch (RuntimeException failure) {
      LOG.error("Cluster {}: endpoints from DNS could not be taken", cluster.name(), failure);
    } finally {
      // Whatever happened: names that are not looked up again would stay as they are for ever.
      var _ = scheduler.schedule(this::refresh, Math.max(1, waitMillis()), TimeUnit.MILLISECONDS);
    }
  }

  /**
   * After failures at random up to a bound that doubles, so that many proxies do not ask at once.
   */
  private long waitMillis() {
    long base = config.options().failureBase().toMillis();
    long wait;
    if (failed && base > 0) {
      long bound =
          Math.min(config.options().failureMost().toMillis(), base << Math.min(failures, 20));
      failures++;
      wait = 1 + random.nextLong(Math.max(1, bound));
    } else {
      failures = failed ? failures : 0;
      wait =
          config.options().respectTtl() && ttlMillis != Long.MAX_VALUE
              ? ttlMillis
              : config.refreshRate().toMillis();
    }
    long jitter = config.options().jitter().toMillis();
    return jitter > 0 ? wait + random.nextLong(jitter + 1) : wait;
  }

  private EndpointsConfig endpoints() {
    List<LocalityEndpoints> localities = new ArrayList<>();
    for (LocalityEndpoints locality : config.endpoints().localities()) {
      List<Endpoint> endpoints = new ArrayList<>();
      for (Endpoint endpoint : locality.endpoints()) {
        String name = endpoint.address().address();
        if (NetUtil.createByteArrayFromIpAddressString(name) != null) {
          endpoints.add(endpoint);
          continue;
        }
        String hostname = endpoint.hostname().isEmpty() ? name : endpoint.hostname();
        for (InetAddress address : known.getOrDefault(name, List.of())) {
          endpoints.add(
              new Endpoint(
                  new SocketEndpoint(address.getHostAddress(), endpoint.address().port()),
                  hostname,
                  endpoint.health(),
                  endpoint.weight(),
                  endpoint.metadata(),
                  endpoint.check()));
        }
      }
      localities.add(
          new LocalityEndpoints(
              locality.locality(), locality.weight(), locality.priority(), endpoints));
    }
    return config.endpoints().withLocalities(localities);
  }
}
