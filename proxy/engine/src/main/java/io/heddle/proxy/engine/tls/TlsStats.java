package io.heddle.proxy.engine.tls;

import io.heddle.proxy.engine.stats.LoopStats;
import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What is counted of TLS under {@code listener.<address>.ssl} or {@code cluster.<name>.ssl}. */
public final class TlsStats {
  /** Names that a peer could make us count are bounded by what BoringSSL speaks, and by this. */
  private static final int MOST_NAMES = 128;

  private final Scope scope;
  final ScalarStat handshake;
  final ScalarStat connectionError;
  final ScalarStat sessionReused;
  final ScalarStat noCertificate;
  final ScalarStat failVerifyNoCert;
  final ScalarStat failVerifyError;
  final ScalarStat failVerifySan;
  final ScalarStat failVerifyHash;
  final ScalarStat contextUpdates;
  final ScalarStat notReady;
  private final Map<String, ScalarStat> named = new ConcurrentHashMap<>();

  /**
   * Counts under this scope.
   *
   * @param parent of {@code ssl}
   * @param side {@code server} or {@code client}, by which contexts are counted
   */
  public TlsStats(Scope parent, String side) {
    scope = parent.scope("ssl");
    handshake = scope.counter("handshake");
    connectionError = scope.counter("connection_error");
    sessionReused = scope.counter("session_reused");
    noCertificate = scope.counter("no_certificate");
    failVerifyNoCert = scope.counter("fail_verify_no_cert");
    failVerifyError = scope.counter("fail_verify_error");
    failVerifySan = scope.counter("fail_verify_san");
    failVerifyHash = scope.counter("fail_verify_cert_hash");
    String factory = side + "_ssl_socket_factory";
    contextUpdates = parent.scope(factory).counter("ssl_context_update_by_sds");
    notReady =
        parent
            .scope(factory)
            .counter(
                side.equals("server")
                    ? "downstream_context_secrets_not_ready"
                    : "upstream_context_secrets_not_ready");
  }

  /** Counts one of a name, such as {@code versions.TLSv1.3}. On the loop. */
  void named(LoopStats loop, String kind, String name) {
    String whole = kind + "." + name;
    ScalarStat stat = named.get(whole);
    if (stat == null && named.size() < MOST_NAMES) {
      stat = named.computeIfAbsent(whole, scope::counter);
    }
    if (stat != null) {
      loop.increment(stat);
    }
  }
}
