package io.heddle.proxy.app.dynamic;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import io.heddle.proxy.app.runtime.RuntimeSources;
import io.heddle.proxy.app.sidecar.ManualScheduler;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.client.ResourceUpdate;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.NodeConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.RuntimeLayerConfig;
import io.heddle.xds.model.SecretConfig;
import io.heddle.xds.model.SourceConfig;
import io.heddle.xds.model.SourceConfig.Origin;
import io.heddle.xds.model.StatsConfig;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A driver before an engine that writes down what is asked of it; the test is its control plane.
 */
final class DrivenEngine {
  static final Origin ADS = Origin.Ads.ADS;

  final FakeEngine engine = new FakeEngine();
  final ManualScheduler scheduler = new ManualScheduler();
  final List<Progress> progress = new ArrayList<>();
  final DynamicConfig driver;
  private final Map<ResourceType, Map<Origin, Set<String>>> wanted =
      new EnumMap<>(ResourceType.class);

  DrivenEngine(SecretConfig... secrets) {
    Origin.Grpc stream =
        new Origin.Grpc(
            BootstrapConfig.Variant.DELTA,
            new BootstrapConfig.GrpcTarget.Uri("x:1"),
            SourceConfig.GrpcOptions.DEFAULT);
    BootstrapConfig bootstrap =
        new BootstrapConfig(
            new NodeConfig("n", "c", EndpointsConfig.Locality.NONE, Struct.getDefaultInstance()),
            List.of(),
            List.of(),
            BootstrapConfig.Admin.Off.OFF,
            BootstrapConfig.DynamicSources.ads(stream, Duration.ofSeconds(15)),
            StatsConfig.DEFAULT,
            List.of(new RuntimeLayerConfig("", RuntimeLayerConfig.Content.Admin.ADMIN)),
            "",
            List.of(secrets),
            java.util.Optional.empty(),
            io.heddle.xds.model.OverloadConfig.NONE,
            Optional.empty(),
            "");
    driver =
        new DynamicConfig(
            engine,
            bootstrap,
            new RuntimeSources(bootstrap.runtime(), engine.runtime()),
            ParseOptions.LENIENT,
            scheduler,
            () -> Instant.EPOCH.plusMillis(7),
            new Subscriber() {
              @Override
              public void subscribe(ResourceType type, Map<Origin, Set<String>> origins) {
                wanted.put(type, origins);
              }

              @Override
              public Optional<String> refusal(ResourceType type, Origin origin) {
                return Optional.empty();
              }
            },
            progress::add,
            () -> {});
    driver.start();
  }

  Set<String> wanted(ResourceType type, Origin origin) {
    return wanted.getOrDefault(type, Map.of()).getOrDefault(origin, Set.of());
  }

  Map<String, String> send(ResourceType type, Message... messages) {
    return send(ADS, type, messages);
  }

  Map<String, String> send(Origin from, ResourceType type, Message... messages) {
    List<ReceivedResource> resources = new ArrayList<>();
    for (Message message : messages) {
      String name = (String) message.getField(message.getDescriptorForType().findFieldByNumber(1));
      resources.add(new ReceivedResource(name, "v1", Any.pack(message)));
    }
    return apply(from, update(type, resources, Set.of(), Set.of()));
  }

  void remove(ResourceType type, String name) {
    apply(ADS, update(type, List.of(), Set.of(name), Set.of()));
  }

  void absent(ResourceType type, String name) {
    apply(ADS, update(type, List.of(), Set.of(), Set.of(name)));
  }

  private static ResourceUpdate update(
      ResourceType type,
      List<ReceivedResource> resources,
      Set<String> removed,
      Set<String> absent) {
    return new ResourceUpdate(
        type, resources, removed, absent, ResourceUpdate.Origin.CONTROL_PLANE);
  }

  private Map<String, String> apply(Origin from, ResourceUpdate update) {
    Map<String, String> refused = driver.sink(from).apply(update);
    scheduler.settle();
    return refused;
  }
}
