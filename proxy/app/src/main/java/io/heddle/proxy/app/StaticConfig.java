package io.heddle.proxy.app;

import io.heddle.proxy.engine.Engine;
import io.heddle.proxy.engine.ListenerResult;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.DownstreamTransport;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.SecretConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts the resources of the bootstrap in force. */
final class StaticConfig {
  private static final Logger LOG = LoggerFactory.getLogger(StaticConfig.class);
  private static final long NAMES_SECONDS = 5;
  private static final long BIND_SECONDS = 10;

  private StaticConfig() {}

  /** Applies the clusters, which binds nothing, and checks the listeners; gathers every error. */
  static void check(Engine engine, BootstrapConfig config, List<String> errors) {
    for (SecretConfig secret : config.secrets()) {
      add(engine.applySecret(secret), errors);
    }
    Set<String> control = config.controlClusters();
    for (ClusterConfig cluster : config.clusters()) {
      if (control.contains(cluster.name())) {
        add(engine.checkCluster(cluster), errors);
        SecuredChannels.refusal(cluster).ifPresent(errors::add);
      }
    }
    for (ClusterConfig cluster : config.trafficClusters()) {
      add(engine.applyCluster(cluster), errors);
    }
    for (ListenerConfig listener : config.listeners()) {
      add(engine.checkListener(listener), errors);
    }
  }

  /** Whether something of it speaks TLS, so that its library will be needed. */
  static boolean usesTls(BootstrapConfig config) {
    return config.listeners().stream()
            .flatMap(listener -> listener.allChains().stream())
            .anyMatch(chain -> chain.transport() instanceof DownstreamTransport.Tls)
        || config.trafficClusters().stream().anyMatch(cluster -> cluster.transports().useTls());
  }

  /** Gives clusters that are found by DNS the time for their first answer. */
  static void awaitNames(Engine engine, BootstrapConfig config) {
    List<CompletableFuture<Void>> waiting = new ArrayList<>();
    for (ClusterConfig cluster : config.trafficClusters()) {
      if (cluster.discovery() instanceof ClusterConfig.Discovery.StrictDns) {
        waiting.add(engine.clusterWarm(cluster.name()).toCompletableFuture());
      }
    }
    if (waiting.isEmpty()) {
      return;
    }
    try {
      CompletableFuture.allOf(waiting.toArray(CompletableFuture[]::new))
          .get(NAMES_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException _) {
      LOG.warn("No address yet for {}", engine.warmingClusters());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      LOG.warn("Looking names up failed", e.getCause());
    }
  }

  /** Binds all listeners. */
  static void serve(Engine engine, BootstrapConfig config, List<String> errors) {
    bind(engine, config.listeners(), errors);
  }

  /** Binds the listeners that have all their routes with them. */
  static void serveIndependent(Engine engine, BootstrapConfig config, List<String> errors) {
    List<ListenerConfig> independent = new ArrayList<>();
    for (ListenerConfig listener : config.listeners()) {
      if (listener.origins().isEmpty()) {
        independent.add(listener);
      }
    }
    bind(engine, independent, errors);
  }

  private static void bind(Engine engine, List<ListenerConfig> listeners, List<String> errors) {
    List<CompletionStage<ListenerResult>> results = new ArrayList<>();
    for (ListenerConfig listener : listeners) {
      results.add(engine.applyListener(listener));
    }
    for (int i = 0; i < results.size(); i++) {
      String name = listeners.get(i).name();
      try {
        ListenerResult result =
            results.get(i).toCompletableFuture().get(BIND_SECONDS, TimeUnit.SECONDS);
        switch (result) {
          case ListenerResult.Serving at ->
              LOG.info("Listener {} serves on {}", name, at.address());
          case ListenerResult.Unbound _ -> LOG.info("Listener {} is bound to no port", name);
          case ListenerResult.Refused refused -> add(refused.errors(), errors);
          case ListenerResult.BindFailed failed ->
              errors.add("Listener " + name + ": address: " + failed.message());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        errors.add("Listener " + name + ": interrupted while binding");
      } catch (ExecutionException e) {
        errors.add("Listener " + name + ": " + e.getCause());
      } catch (TimeoutException _) {
        errors.add("Listener " + name + ": address: not bound within " + BIND_SECONDS + " s");
      }
    }
  }

  private static void add(List<ConfigError> found, List<String> errors) {
    for (ConfigError error : found) {
      errors.add(error.message());
    }
  }
}
