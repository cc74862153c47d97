package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.overload.v3.OverloadManager;
import io.envoyproxy.envoy.extensions.resource_monitors.cgroup_memory.v3.CgroupMemoryConfig;
import io.envoyproxy.envoy.extensions.resource_monitors.cpu_utilization.v3.CpuUtilizationConfig;
import io.envoyproxy.envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig;
import io.envoyproxy.envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig;
import io.envoyproxy.envoy.extensions.resource_monitors.injected_resource.v3.InjectedResourceConfig;
import io.heddle.xds.model.OverloadConfig;
import io.heddle.xds.model.OverloadConfig.Action;
import io.heddle.xds.model.OverloadConfig.Monitor;
import io.heddle.xds.model.OverloadConfig.Rule;
import io.heddle.xds.model.OverloadConfig.Trigger;
import io.heddle.xds.model.StructValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads {@code overload_manager} of a bootstrap. */
final class OverloadReader {
  private static final String MONITORS = "envoy.extensions.resource_monitors.";
  private static final String FIXED_HEAP = MONITORS + "fixed_heap.v3.FixedHeapConfig";
  private static final String CGROUP = MONITORS + "cgroup_memory.v3.CgroupMemoryConfig";
  private static final String INJECTED = MONITORS + "injected_resource.v3.InjectedResourceConfig";
  private static final String CONNECTIONS =
      MONITORS + "downstream_connections.v3.DownstreamConnectionsConfig";
  private static final String CPU = MONITORS + "cpu_utilization.v3.CpuUtilizationConfig";

  /** Our own, with the field {@code max_delay}. */
  static final String LOOP_DELAY = "heddle.resource_monitors.event_loop_delay";

  private static final String STRUCT = "google.protobuf.Struct";
  private static final Duration LOOP_DELAY_MOST = Duration.ofMillis(100);
  private static final Duration LEAST_REFRESH = Duration.ofMillis(1);

  private final Findings findings;

  OverloadReader(Findings findings) {
    this.findings = findings;
  }

  OverloadConfig read(OverloadManager manager, Path path) {
    Path refreshPath = path.field("refresh_interval");
    Duration refresh =
        findings.duration(
            manager.hasRefreshInterval(),
            manager.getRefreshInterval(),
            OverloadConfig.REFRESH,
            refreshPath);
    if (refresh.compareTo(LEAST_REFRESH) < 0) {
      findings.error(refreshPath, refresh.toNanos() + " ns", "at least 1 ms");
    }
    List<Monitor> monitors = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < manager.getResourceMonitorsCount(); i++) {
      Path here = path.at("resource_monitors", i);
      String name = findings.required(manager.getResourceMonitors(i).getName(), here.field("name"));
      if (!names.add(name)) {
        findings.error(here.field("name"), name, "a name used by one monitor");
      }
      monitor(name, manager.getResourceMonitors(i).getTypedConfig(), here.field("typed_config"))
          .ifPresent(monitors::add);
    }
    if (manager.getResourceMonitorsCount() == 0) {
      findings.error(path.field("resource_monitors"), "none", "at least one monitor");
    }
    List<Rule> rules = new ArrayList<>();
    Set<Action> actions = new HashSet<>();
    for (int i = 0; i < manager.getActionsCount(); i++) {
      rule(manager.getActions(i), names, actions, path.at("actions", i)).ifPresent(rules::add);
    }
    long heaviest = OverloadConfig.HEAVIEST_FROM;
    if (manager.hasBufferFactoryConfig()) {
      int power = manager.getBufferFactoryConfig().getMinimumAccountToTrackPowerOfTwo();
      if (power < 10 || power > 56) {
        findings.error(
            path.field("buffer_factory_config").field("minimum_account_to_track_power_of_two"),
            Integer.toUnsignedString(power),
            "10 to 56");
      } else {
        heaviest = 1L << power;
      }
    }
    return new OverloadConfig(refresh, monitors, rules, heaviest);
  }

  private Optional<Monitor> monitor(String name, Any config, Path path) {
    return switch (ExtensionReader.typeName(config)) {
      case FIXED_HEAP ->
          findings
              .unpack(config, FIXED_HEAP, FixedHeapConfig.parser(), path)
              .map(heap ->
                  new Monitor.FixedHeap(
                      name, size(heap.getMaxHeapSizeBytes(), path.field("max_heap_size_bytes"))));
      case CGROUP ->
          findings
              .unpack(config, CGROUP, CgroupMemoryConfig.parser(), path)
              .map(group ->
                  new Monitor.CgroupMemory(
                      name,
                      group.getMaxMemoryBytes() == 0
                          ? Long.MAX_VALUE
                          : size(group.getMaxMemoryBytes(), path.field("max_memory_bytes"))));
      case INJECTED ->
          findings
              .unpack(config, INJECTED, InjectedResourceConfig.parser(), path)
              .map(file ->
                  new Monitor.InjectedResource(
                      name, findings.required(file.getFilename(), path.field("filename"))));
      case CONNECTIONS ->
          findings
              .unpack(config, CONNECTIONS, DownstreamConnectionsConfig.parser(), path)
              .map(connections ->
                  new Monitor.DownstreamConnections(
                      name,
                      size(
                          connections.getMaxActiveDownstreamConnections(),
                          path.field("max_active_downstream_connections"))));
      case CPU ->
          findings
              .unpack(config, CPU, CpuUtilizationConfig.parser(), path)
              .map(cpu -> {
                if (cpu.getMode() == CpuUtilizationConfig.UtilizationComputeStrategy.UNRECOGNIZED) {
                  findings.error(
                      path.field("mode"),
                      Integer.toString(cpu.getModeValue()),
                      "HOST or CONTAINER");
                }
                return new Monitor.CpuUtilization(
                    name,
                    cpu.getMode() == CpuUtilizationConfig.UtilizationComputeStrategy.CONTAINER);
              });
      case STRUCT -> delay(name, config, path);
      default -> {
        findings.error(
            path,
            config.getTypeUrl().isEmpty() ? "no type" : config.getTypeUrl(),
            String.join(", ", FIXED_HEAP, CGROUP, INJECTED, CONNECTIONS)
                + " or "
                + CPU
                + ", as others are not supported");
        yield Optional.empty();
      }
    };
  }

  private Optional<Monitor> delay(String name, Any config, Path path) {
    if (!config.getTypeUrl().equals(LOOP_DELAY + "/" + STRUCT)) {
      findings.error(path, config.getTypeUrl(), LOOP_DELAY + "/" + STRUCT);
      return Optional.empty();
    }
    try {
      OwnFields fields =
          new OwnFields(
              StructValue.of(Struct.parseFrom(config.getValue())), path.field("value"), findings);
      Duration most = fields.time("max_delay", LOOP_DELAY_MOST);
      fields.end();
      return Optional.of(new Monitor.EventLoopDelay(name, most));
    } catch (InvalidProtocolBufferException _) {
      findings.error(path, "bytes that are not a message", "a " + STRUCT);
      return Optional.empty();
    }
  }

  private long size(long value, Path path) {
    if (value <= 0) {
      findings.error(path, Long.toUnsignedString(value), "1 to " + Long.MAX_VALUE);
      return 1;
    }
    return value;
  }

  private Optional<Rule> rule(
      io.envoyproxy.envoy.config.overload.v3.OverloadAction action,
      Set<String> monitors,
      Set<Action> before,
      Path path) {
    Optional<Action> kind =
        Arrays.stream(Action.values())
            .filter(known -> known.envoyName().equals(action.getName()))
            .findFirst();
    if (kind.isEmpty()) {
      findings.error(
          path.field("name"),
          action.getName(),
          Arrays.stream(Action.values())
              .map(Action::envoyName)
              .collect(Collectors.joining(", ", "one of ", ", as others are not supported")));
      return Optional.empty();
    }
    if (!before.add(kind.get())) {
      findings.error(path.field("name"), action.getName(), "an action named once");
    }
    List<Trigger> triggers = new ArrayList<>();
    Set<String> named = new HashSet<>();
    for (int i = 0; i < action.getTriggersCount(); i++) {
      Path here = path.at("triggers", i);
      String monitor = action.getTriggers(i).getName();
      if (!monitors.contains(monitor)) {
        findings.error(here.field("name"), monitor, "the name of a resource monitor");
      }
      if (!named.add(monitor)) {
        findings.error(here.field("name"), monitor, "one trigger for a monitor");
      }
      triggers.add(trigger(monitor, action.getTriggers(i), here));
    }
    if (triggers.isEmpty()) {
      findings.error(path.field("triggers"), "none", "at least one trigger");
    }
    return Optional.of(new Rule(kind.get(), triggers));
  }

  private Trigger trigger(
      String monitor, io.envoyproxy.envoy.config.overload.v3.Trigger trigger, Path path) {
    return switch (trigger.getTriggerOneofCase()) {
      case THRESHOLD -> {
        double at = share(trigger.getThreshold().getValue(), path.field("threshold"), "value");
        yield new Trigger(monitor, at, at);
      }
      case SCALED -> {
        Path here = path.field("scaled");
        double from = share(trigger.getScaled().getScalingThreshold(), here, "scaling_threshold");
        double full =
            share(trigger.getScaled().getSaturationThreshold(), here, "saturation_threshold");
        if (from >= full) {
          findings.error(
              here.field("saturation_threshold"),
              Double.toString(full),
              "more than the scaling_threshold, which is " + from);
        }
        yield new Trigger(monitor, from, full);
      }
      case TRIGGERONEOF_NOT_SET -> {
        findings.error(path, "nothing", "threshold or scaled");
        yield new Trigger(monitor, 1, 1);
      }
    };
  }

  private double share(double value, Path path, String field) {
    if (value >= 0 && value <= 1) {
      return value;
    }
    findings.error(path.field(field), Double.toString(value), "0 to 1");
    return 1;
  }
}
