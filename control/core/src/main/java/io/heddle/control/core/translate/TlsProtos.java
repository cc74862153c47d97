package io.heddle.control.core.translate;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateProviderPluginInstance;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.heddle.control.api.resource.BackendTlsPolicySpec;
import io.heddle.control.api.resource.ClientTrafficPolicySpec;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.SecretSpec;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Writes TLS: of listeners with their certificates by SDS, so that no listener holds a key and a
 * new certificate closes no connection; of clusters with the authorities in place.
 */
final class TlsProtos {
  private static final String SOCKET = "envoy.transport_sockets.tls";
  private static final List<String> HTTP_ALPN = List.of("h2", "http/1.1");

  private TlsProtos() {}

  /**
   * TLS that ends at a listener: 1.2 or later.
   *
   * @param http whether HTTP is within
   * @param policy what is to be otherwise
   */
  static TransportSocket downstream(
      Collection<ObjectKey> certificates, boolean http, Optional<ClientTrafficPolicySpec> policy) {
    CommonTlsContext.Builder common = CommonTlsContext.newBuilder().setTlsParams(least12());
    List<String> alpn = HTTP_ALPN;
    if (policy.isPresent()) {
      ClientTrafficPolicySpec.TlsLimits tls = policy.get().tls();
      alpn = tls.alpn().isEmpty() ? alpn : tls.alpn();
      limits(tls, common.getTlsParamsBuilder());
    }
    for (ObjectKey key : certificates) {
      common.addTlsCertificateSdsSecretConfigs(
          SdsSecretConfig.newBuilder().setName(Names.secret(key)).setSdsConfig(Clusters.ads()));
    }
    if (http) {
      common.addAllAlpnProtocols(alpn);
    }
    return socket(DownstreamTlsContext.newBuilder().setCommonTlsContext(common).build());
  }

  private static void limits(ClientTrafficPolicySpec.TlsLimits tls, TlsParameters.Builder out) {
    if (!tls.least().isEmpty()) {
      out.setTlsMinimumProtocolVersion(version(tls.least()));
    }
    if (!tls.most().isEmpty()) {
      out.setTlsMaximumProtocolVersion(version(tls.most()));
    }
    out.addAllCipherSuites(tls.ciphers());
  }

  private static TlsParameters.TlsProtocol version(String version) {
    return version.equals("1.3")
        ? TlsParameters.TlsProtocol.TLSv1_3
        : TlsParameters.TlsProtocol.TLSv1_2;
  }

  /** TLS with a Service's instances. */
  static TransportSocket upstream(
      BackendTlsPolicySpec policy, String authorities, List<String> alpn) {
    CertificateValidationContext.Builder trust =
        CertificateValidationContext.newBuilder()
            .setTrustedCa(DataSource.newBuilder().setInlineString(authorities));
    if (policy.names().isEmpty()) {
      trust.addMatchTypedSubjectAltNames(
          name(SubjectAltNameMatcher.SanType.DNS, policy.hostname()));
    }
    for (BackendTlsPolicySpec.AltName name : policy.names()) {
      trust.addMatchTypedSubjectAltNames(
          name(
              name.uri() ? SubjectAltNameMatcher.SanType.URI : SubjectAltNameMatcher.SanType.DNS,
              name.value()));
    }
    return socket(
        UpstreamTlsContext.newBuilder()
            .setSni(policy.hostname())
            .setCommonTlsContext(
                CommonTlsContext.newBuilder()
                    .setTlsParams(least12())
                    .addAllAlpnProtocols(alpn)
                    .setValidationContext(trust))
            .build());
  }

  /**
   * TLS of a gRPC client with a Service's instances. Its authorities, and its certificate, are in
   * files that its bootstrap names: a library takes none from here, and no version or ALPN.
   *
   * @param certificate whether it has one to show
   */
  @SuppressWarnings("deprecation") // gRPC looks for names in this field alone (gRFC A29).
  static TransportSocket proxylessUpstream(BackendTlsPolicySpec policy, boolean certificate) {
    CertificateValidationContext.Builder trust = authorities();
    if (policy.names().isEmpty()) {
      trust.addMatchSubjectAltNames(match(policy.hostname()));
    }
    policy.names().forEach(name -> trust.addMatchSubjectAltNames(match(name.value())));
    CommonTlsContext.Builder common = CommonTlsContext.newBuilder().setValidationContext(trust);
    if (certificate) {
      common.setTlsCertificateProviderInstance(files());
    }
    return socket(
        UpstreamTlsContext.newBuilder()
            .setSni(policy.hostname())
            .setCommonTlsContext(common)
            .build());
  }

  /**
   * TLS that ends at a gRPC server, by the files that its bootstrap names.
   *
   * @param mutual whether its clients must show a certificate
   */
  static TransportSocket proxylessDownstream(boolean mutual) {
    CommonTlsContext.Builder common =
        CommonTlsContext.newBuilder().setTlsCertificateProviderInstance(files());
    if (mutual) {
      common.setValidationContext(authorities());
    }
    return socket(
        DownstreamTlsContext.newBuilder()
            .setCommonTlsContext(common)
            .setRequireClientCertificate(BoolValue.of(mutual))
            .build());
  }

  private static CertificateValidationContext.Builder authorities() {
    return CertificateValidationContext.newBuilder().setCaCertificateProviderInstance(files());
  }

  private static CertificateProviderPluginInstance files() {
    return CertificateProviderPluginInstance.newBuilder()
        .setInstanceName(Names.GRPC_CERTIFICATES)
        .build();
  }

  /** A name below {@code *.}, or exactly this one. */
  private static SubjectAltNameMatcher name(SubjectAltNameMatcher.SanType type, String value) {
    return SubjectAltNameMatcher.newBuilder().setSanType(type).setMatcher(match(value)).build();
  }

  private static StringMatcher match(String value) {
    StringMatcher.Builder match = StringMatcher.newBuilder();
    return value.startsWith("*.")
        ? match.setSuffix(value.substring(1)).build()
        : match.setExact(value).build();
  }

  static Secret secret(ObjectKey key, SecretSpec secret) {
    return Secret.newBuilder()
        .setName(Names.secret(key))
        .setTlsCertificate(
            TlsCertificate.newBuilder()
                .setCertificateChain(bytes(secret.certificates()))
                .setPrivateKey(bytes(secret.key())))
        .build();
  }

  private static DataSource bytes(String text) {
    return DataSource.newBuilder()
        .setInlineBytes(ByteString.copyFrom(text, StandardCharsets.US_ASCII))
        .build();
  }

  private static TlsParameters least12() {
    return TlsParameters.newBuilder()
        .setTlsMinimumProtocolVersion(TlsParameters.TlsProtocol.TLSv1_2)
        .build();
  }

  private static TransportSocket socket(Message context) {
    return TransportSocket.newBuilder().setName(SOCKET).setTypedConfig(Any.pack(context)).build();
  }
}
