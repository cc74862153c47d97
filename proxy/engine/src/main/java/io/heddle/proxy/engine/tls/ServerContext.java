package io.heddle.proxy.engine.tls;

import io.heddle.xds.model.DownstreamTlsConfig;
import io.heddle.xds.model.TlsConfig;
import io.heddle.xds.model.TlsConfig.Parameters;
import io.heddle.xds.model.TlsConfig.Version;
import io.heddle.xds.model.TlsValidationConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.OpenSslCachingX509KeyManagerFactory;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslServerSessionContext;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLException;

/**
 * BoringSSL's context of a listener's filter chain, with what it was made from. Counted: each
 * engine holds it, and so does who made it until {@link #release}.
 */
record ServerContext(
    ReferenceCountedOpenSslContext context, Identities identities, PeerVerifier verifier) {
  private static final String[] TLS_1_3_CIPHERS = {
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
  };

  /** Envoy's for servers; those in one pair of brackets are as good as each other. */
  static final List<String> CIPHERS =
      List.of(
          "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]",
          "[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]",
          "ECDHE-ECDSA-AES256-GCM-SHA384",
          "ECDHE-RSA-AES256-GCM-SHA384");

  static final String[] GROUPS = {"X25519", "P-256"};

  static ServerContext make(
      DownstreamTlsConfig config,
      Identities identities,
      PeerVerifier verifier,
      OpenSslSessionTicketKey[] ticketKeys,
      String field)
      throws BadMaterialException {
    TlsConfig common = config.common();
    SslContextBuilder builder =
        SslContextBuilder.forServer(new OpenSslCachingX509KeyManagerFactory(identities.factory()))
            .sslProvider(SslProvider.OPENSSL_REFCNT)
            .protocols(protocols(common.parameters(), Version.TLS_1_3))
            .ciphers(
                flat(
                    common.parameters().ciphers().isEmpty()
                        ? CIPHERS
                        : common.parameters().ciphers()),
                IdentityCipherSuiteFilter.INSTANCE)
            .option(
                OpenSslContextOption.GROUPS,
                common.parameters().curves().isEmpty()
                    ? GROUPS
                    : common.parameters().curves().toArray(String[]::new))
            .trustManager(verifier)
            .clientAuth(
                config.requireClientCertificate()
                    ? ClientAuth.REQUIRE
                    : verifier.config().verifies() ? ClientAuth.OPTIONAL : ClientAuth.NONE);
    if (!common.alpn().isEmpty()) {
      builder.applicationProtocolConfig(alpn(common.alpn()));
    }
    ReferenceCountedOpenSslContext context = build(builder::build, field);
    try {
      if (context.sessionContext() instanceof OpenSslServerSessionContext sessions) {
        sessions.setSessionIdContext(Arrays.copyOf(sessionScope(config, verifier), 32));
        sessions.setSessionCacheEnabled(config.resumption().stateful());
        long timeout = config.resumption().timeout().toSeconds();
        if (timeout > 0) {
          sessions.setSessionTimeout((int) Math.min(timeout, Integer.MAX_VALUE));
        }
        if (config.resumption().tickets()) {
          sessions.setTicketKeys(ticketKeys);
        }
      }
    } catch (RuntimeException failed) {
      context.release();
      throw failed;
    }
    return new ServerContext(context, identities, verifier);
  }

  /** Sessions are resumed only where the peer would be held to the same. */
  private static byte[] sessionScope(DownstreamTlsConfig config, PeerVerifier verifier) {
    StringBuilder text = new StringBuilder();
    verifier
        .authorities()
        .forEach(authority -> text.append(ParsedCertificate.of(authority).sha256()).append('\n'));
    if (!verifiesNothing(verifier.config())) {
      text.append(verifier.config());
    }
    text.append(config.requireClientCertificate());
    return ParsedCertificate.hash("SHA-256", text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** The one that nothing was said for; another that says as little is only printed for nothing. */
  @SuppressWarnings("ReferenceEquality")
  private static boolean verifiesNothing(TlsValidationConfig config) {
    return config == TlsValidationConfig.NONE;
  }

  /** Makes a context. */
  interface Maker {
    /** As Netty does. */
    SslContext make() throws SSLException;
  }

  static ReferenceCountedOpenSslContext build(Maker maker, String field)
      throws BadMaterialException {
    try {
      return (ReferenceCountedOpenSslContext) maker.make();
    } catch (SSLException | RuntimeException refused) {
      String reason = String.valueOf(refused.getMessage());
      throw new BadMaterialException(
          field
              + ".common_tls_context.tls_params"
              + (reason.contains("cipher") ? ".cipher_suites" : ""),
          reason,
          "parameters that BoringSSL knows");
    } catch (LinkageError missing) {
      throw new BadMaterialException(
          field, "TLS without its library: " + missing.getMessage(), "BoringSSL for this platform");
    }
  }

  static ApplicationProtocolConfig alpn(List<String> protocols) {
    return new ApplicationProtocolConfig(
        ApplicationProtocolConfig.Protocol.ALPN,
        ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
        protocols);
  }

  /**
   * Cipher suites in one pair of brackets are as good as each other for BoringSSL; its binding has
   * no word for that, so they are taken in their order.
   */
  static List<String> flat(List<String> ciphers) {
    List<String> flat = new ArrayList<>();
    for (String cipher : ciphers) {
      for (String one : cipher.replace("[", "").replace("]", "").split("\\|", -1)) {
        flat.add(one);
      }
    }
    flat.addAll(Arrays.asList(TLS_1_3_CIPHERS));
    return flat;
  }

  static List<String> protocols(Parameters parameters, Version latestByDefault) {
    Version least = parameters.least() == Version.AUTO ? Version.TLS_1_2 : parameters.least();
    Version latest = parameters.latest() == Version.AUTO ? latestByDefault : parameters.latest();
    List<String> protocols = new ArrayList<>();
    for (Version version : Version.values()) {
      if (version.compareTo(least) >= 0 && version.compareTo(latest) <= 0) {
        switch (version) {
          case AUTO -> {}
          case TLS_1_0 -> protocols.add("TLSv1");
          case TLS_1_1 -> protocols.add("TLSv1.1");
          case TLS_1_2 -> protocols.add("TLSv1.2");
          case TLS_1_3 -> protocols.add("TLSv1.3");
        }
      }
    }
    return protocols;
  }

  void release() {
    context.release();
  }
}
