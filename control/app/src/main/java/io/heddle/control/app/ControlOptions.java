package io.heddle.control.app;

import io.heddle.control.core.shared.EtcdConfig;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads the command line. */
final class ControlOptions {
  static final String DEFAULT_STATE = ".heddle/control";

  static final String USAGE =
      """
      Usage: heddle control [OPTIONS]

      Runs the control plane.

        --state DIR            folder of its store; default: .heddle/control
        --api-address A:P      REST API; default: 127.0.0.1:7070
        --xds-address A:P      xDS and registration; default: 127.0.0.1:7071
        --heartbeat TIME       how often a sidecar renews its lease; default: 2s
        --lease-grace TIME     how long an instance stays after its sidecar
                               fell silent; default: 10s
        --access MODE          auto: on loopback everybody, in clear text, elsewhere
                               who has a token, over TLS; token: that also on
                               loopback; open: everybody, on loopback only;
                               default: auto
        --tls-cert FILE        certificate to show, with those that lead to its
                               authority, as PEM; read again when it changes;
                               default: one of an authority made at the first start
        --tls-key FILE         its key, as PEM, without a password
        --store STORE          embedded, for one control plane; or for several
                               etcd://HOST:PORT[,HOST:PORT...][/PREFIX];
                               default: embedded
        --etcd-ca FILE         authority of etcd's certificates: speak TLS
        --etcd-cert FILE       certificate of this client, and
        --etcd-key FILE        its key (PKCS 8)
        --etcd-credentials FILE  one line USER:PASSWORD
        --help                 this text

      TIME is a number with ms, s or m. Port 0 takes a free one.
      Exit codes: 0 ended on request, 1 failed, 64 wrong usage.
      """;

  private static final String STORE = "--store";

  /** Those that name a store. */
  static final Set<String> STORE_OPTIONS =
      new TreeSet<>(List.of(STORE, "--etcd-ca", "--etcd-cert", "--etcd-key", "--etcd-credentials"));

  private static final String EMBEDDED = "embedded";

  private static final Map<String, String> DEFAULTS =
      Map.ofEntries(
          Map.entry("--state", DEFAULT_STATE),
          Map.entry("--api-address", "127.0.0.1:7070"),
          Map.entry("--xds-address", "127.0.0.1:7071"),
          Map.entry("--heartbeat", "2s"),
          Map.entry("--lease-grace", "10s"),
          Map.entry("--access", "auto"),
          Map.entry("--tls-cert", ""),
          Map.entry("--tls-key", ""),
          Map.entry(STORE, EMBEDDED),
          Map.entry("--etcd-ca", ""),
          Map.entry("--etcd-cert", ""),
          Map.entry("--etcd-key", ""),
          Map.entry("--etcd-credentials", ""));

  private ControlOptions() {}

  /**
   * What the options say; empty when help is asked for.
   *
   * @throws IllegalArgumentException naming the option, the offending and the expected value
   */
  static Optional<ControlConfig> parse(List<String> arguments) {
    Deque<String> left = new ArrayDeque<>(arguments);
    if ("control".equals(left.peek())) {
      left.pop();
    }
    Map<String, String> values = new HashMap<>(DEFAULTS);
    while (!left.isEmpty()) {
      String option = left.pop();
      if (option.equals("--help") || option.equals("-h")) {
        return Optional.empty();
      }
      int equals = option.startsWith("--") ? option.indexOf('=') : -1;
      String name = equals < 0 ? option : option.substring(0, equals);
      if (!DEFAULTS.containsKey(name)) {
        throw new IllegalArgumentException(
            name
                + ": unknown (expected: one of "
                + String.join(", ", DEFAULTS.keySet().stream().sorted().toList())
                + ")");
      }
      if (equals < 0 && left.isEmpty()) {
        throw new IllegalArgumentException(name + ": no value (expected: one after it)");
      }
      values.put(name, equals < 0 ? left.pop() : option.substring(equals + 1));
    }
    return Optional.of(config(values));
  }

  private static ControlConfig config(Map<String, String> values) {
    return new ControlConfig(
        Path.of(value(values, "--state")),
        SocketPlace.parse("--api-address", value(values, "--api-address")),
        SocketPlace.parse("--xds-address", value(values, "--xds-address")),
        Durations.parse("--heartbeat", value(values, "--heartbeat")),
        Durations.parse("--lease-grace", value(values, "--lease-grace")),
        access(value(values, "--access")),
        shared(values),
        certificate(values));
  }

  private static Optional<ShownCertificate.Pair> certificate(Map<String, String> values) {
    Optional<Path> cert = file(values, "--tls-cert");
    Optional<Path> key = file(values, "--tls-key");
    if (cert.isPresent() != key.isPresent()) {
      throw new IllegalArgumentException(
          (cert.isPresent() ? "--tls-key" : "--tls-cert") + ": absent (expected: both, or none)");
    }
    return cert.map(file -> new ShownCertificate.Pair(file, key.orElseThrow()));
  }

  /** The etcd that the options name; empty for a store of one's own. */
  static Optional<EtcdConfig> shared(Map<String, String> values) {
    String store = values.getOrDefault(STORE, EMBEDDED);
    if (EtcdConfig.isEtcd(store)) {
      return Optional.of(
          EtcdConfig.parse(
              store,
              file(values, "--etcd-ca"),
              file(values, "--etcd-cert"),
              file(values, "--etcd-key"),
              file(values, "--etcd-credentials")));
    }
    if (!store.equals(EMBEDDED)) {
      throw new IllegalArgumentException(
          STORE + ": \"" + store + "\" (expected: embedded, or etcd://HOST:PORT)");
    }
    for (String option : DEFAULTS.keySet()) {
      if (option.startsWith("--etcd") && !values.getOrDefault(option, "").isEmpty()) {
        throw new IllegalArgumentException(
            option + ": without " + STORE + " etcd://HOST:PORT (expected: both, or none)");
      }
    }
    return Optional.empty();
  }

  private static Optional<Path> file(Map<String, String> values, String option) {
    String value = values.getOrDefault(option, "");
    return value.isEmpty() ? Optional.empty() : Optional.of(Path.of(value));
  }

  private static ControlConfig.AccessMode access(String word) {
    for (ControlConfig.AccessMode mode : ControlConfig.AccessMode.values()) {
      if (mode.name().toLowerCase(Locale.ROOT).equals(word)) {
        return mode;
      }
    }
    throw new IllegalArgumentException(
        "--access: \"" + word + "\" (expected: auto, token or open)");
  }

  private static String value(Map<String, String> values, String name) {
    String value = values.getOrDefault(name, "");
    if (value.isEmpty()) {
      throw new IllegalArgumentException(name + ": empty (expected: a value)");
    }
    return value;
  }
}
