package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.TrustChainVerification;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters.TlsProtocol;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.heddle.xds.model.DataRef;
import io.heddle.xds.model.DownstreamTlsConfig;
import io.heddle.xds.model.DownstreamTlsConfig.Resumption;
import io.heddle.xds.model.SecretConfig;
import io.heddle.xds.model.SecretRef;
import io.heddle.xds.model.TlsCertificateConfig;
import io.heddle.xds.model.TlsConfig;
import io.heddle.xds.model.TlsConfig.Parameters;
import io.heddle.xds.model.TlsConfig.Version;
import io.heddle.xds.model.TlsValidationConfig;
import io.heddle.xds.model.TlsValidationConfig.NameMatch;
import io.heddle.xds.model.TlsValidationConfig.NameType;
import io.heddle.xds.model.UpstreamTlsConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads what TLS is made with. No error has a value in it that may be secret. */
@SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
final class TlsReader {
  static final String SECRET_TYPE = "envoy.extensions.transport_sockets.tls.v3.Secret";

  private static final int LONGEST_ALPN_LIST = 65_535;
  private static final Pattern HASH =
      Pattern.compile("[0-9A-Fa-f]{64}|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31}");

  private final Findings findings;

  TlsReader(Findings findings) {
    this.findings = findings;
  }

  DownstreamTlsConfig downstream(DownstreamTlsContext tls, Path path) {
    CommonTlsContext common = tls.getCommonTlsContext();
    Path here = path.field("common_tls_context");
    if (common.getTlsCertificatesCount() == 0
        && common.getTlsCertificateSdsSecretConfigsCount() == 0) {
      findings.error(
          here.field("tls_certificates"),
          "no certificate",
          "tls_certificates or tls_certificate_sds_secret_configs");
    }
    return new DownstreamTlsConfig(
        common(common, here),
        tls.getRequireClientCertificate().getValue(),
        tls.getRequireSni().getValue(),
        resumption(tls, path),
        tls.getPreferClientCiphers());
  }

  private Resumption resumption(DownstreamTlsContext tls, Path path) {
    List<DataRef> keys =
        tls.hasSessionTicketKeys()
            ? ticketKeys(
                tls.getSessionTicketKeys().getKeysList(), path.field("session_ticket_keys"))
            : List.of();
    List<SecretRef> secret =
        tls.hasSessionTicketKeysSdsSecretConfig()
            ? List.of(
                secretRef(
                    tls.getSessionTicketKeysSdsSecretConfig(),
                    path.field("session_ticket_keys_sds_secret_config")))
            : List.of();
    return new Resumption(
        !tls.getDisableStatelessSessionResumption(),
        keys,
        secret,
        !tls.getDisableStatefulSessionResumption(),
        findings.duration(
            tls.hasSessionTimeout(),
            tls.getSessionTimeout(),
            Duration.ZERO,
            path.field("session_timeout")));
  }

  private List<DataRef> ticketKeys(List<DataSource> sources, Path path) {
    List<DataRef> keys = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      DataRef key = DataReader.ref(true, sources.get(i), path.at("keys", i), findings);
      if (key instanceof DataRef.Inline inline && !inline.isNone() && inline.bytes().size() != 80) {
        findings.error(path.at("keys", i), inline.bytes().size() + " bytes", "80 bytes");
      }
      keys.add(key);
    }
    if (keys.isEmpty()) {
      findings.error(path.field("keys"), "no key", "at least one of 80 bytes");
    }
    return keys;
  }

  UpstreamTlsConfig upstream(UpstreamTlsContext tls, Path path) {
    CommonTlsContext common = tls.getCommonTlsContext();
    Path here = path.field("common_tls_context");
    if (common.getTlsCertificatesCount() + common.getTlsCertificateSdsSecretConfigsCount() > 1) {
      findings.error(
          here.field("tls_certificates"),
          "several certificates",
          "at most one, as nothing could choose among them");
    }
    String sni = tls.getSni();
    if (sni.length() > 255) {
      findings.error(path.field("sni"), sni.length() + " characters", "at most 255");
    } else if (!sni.chars().allMatch(c -> c > ' ' && c < 127)) {
      findings.error(path.field("sni"), sni, "a name in ASCII");
    }
    return new UpstreamTlsConfig(
        common(common, here),
        sni,
        tls.getAutoHostSni(),
        tls.getAutoSniSanValidation(),
        findings.bounded(
            tls.hasMaxSessionKeys(),
            tls.getMaxSessionKeys().getValue(),
            1,
            0,
            Integer.MAX_VALUE,
            path.field("max_session_keys")));
  }

  private TlsConfig common(CommonTlsContext common, Path path) {
    List<TlsCertificateConfig> certificates = new ArrayList<>();
    for (int i = 0; i < common.getTlsCertificatesCount(); i++) {
      certificates.add(certificate(common.getTlsCertificates(i), path.at("tls_certificates", i)));
    }
    List<SecretRef> secrets = new ArrayList<>();
    for (int i = 0; i < common.getTlsCertificateSdsSecretConfigsCount(); i++) {
      secrets.add(
          secretRef(
              common.getTlsCertificateSdsSecretConfigs(i),
              path.at("tls_certificate_sds_secret_configs", i)));
    }
    TlsValidationConfig validation = TlsValidationConfig.NONE;
    List<SecretRef> fetched = List.of();
    switch (common.getValidationContextTypeCase()) {
      case VALIDATION_CONTEXT ->
          validation =
              validation(common.getValidationContext(), path.field("validation_context"), false);
      case VALIDATION_CONTEXT_SDS_SECRET_CONFIG ->
          fetched =
              List.of(
                  secretRef(
                      common.getValidationContextSdsSecretConfig(),
                      path.field("validation_context_sds_secret_config")));
      case COMBINED_VALIDATION_CONTEXT -> {
        Path here = path.field("combined_validation_context");
        var combined = common.getCombinedValidationContext();
        validation =
            validation(
                combined.getDefaultValidationContext(),
                here.field("default_validation_context"),
                true);
        fetched =
            List.of(
                secretRef(
                    combined.getValidationContextSdsSecretConfig(),
                    here.field("validation_context_sds_secret_config")));
      }
      case VALIDATION_CONTEXT_CERTIFICATE_PROVIDER,
          VALIDATION_CONTEXT_CERTIFICATE_PROVIDER_INSTANCE,
          VALIDATIONCONTEXTTYPE_NOT_SET -> {
        // The guard names the first two.
      }
    }
    return new TlsConfig(
        parameters(common.getTlsParams(), path.field("tls_params")),
        certificates,
        secrets,
        validation,
        fetched,
        alpn(common, path));
  }

  private List<String> alpn(CommonTlsContext common, Path path) {
    int size = 0;
    for (int i = 0; i < common.getAlpnProtocolsCount(); i++) {
      String protocol = common.getAlpnProtocols(i);
      size += protocol.length() + 1;
      if (protocol.isEmpty() || protocol.length() > 255) {
        findings.error(
            path.at("alpn_protocols", i), protocol.length() + " characters", "1 to 255 characters");
      }
    }
    if (size > LONGEST_ALPN_LIST) {
      findings.error(path.field("alpn_protocols"), size + " bytes", "at most 65535 bytes");
    }
    return common.getAlpnProtocolsList();
  }

  private Parameters parameters(TlsParameters parameters, Path path) {
    Version least =
        version(
            parameters.getTlsMinimumProtocolVersion(),
            parameters.getTlsMinimumProtocolVersionValue(),
            path.field("tls_minimum_protocol_version"));
    Version latest =
        version(
            parameters.getTlsMaximumProtocolVersion(),
            parameters.getTlsMaximumProtocolVersionValue(),
            path.field("tls_maximum_protocol_version"));
    if (latest != Version.AUTO && least.compareTo(latest) > 0) {
      findings.error(
          path.field("tls_maximum_protocol_version"),
          latest.name(),
          "a version that is not before the minimum");
    }
    names(parameters.getCipherSuitesList(), path, "cipher_suites");
    names(parameters.getEcdhCurvesList(), path, "ecdh_curves");
    return new Parameters(
        least, latest, parameters.getCipherSuitesList(), parameters.getEcdhCurvesList());
  }

  private void names(List<String> names, Path path, String field) {
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      boolean fine = !name.isEmpty() && name.length() <= 1024;
      for (int at = 0; fine && at < name.length(); at++) {
        char c = name.charAt(at);
        fine = (c < 128 && Character.isLetterOrDigit(c)) || "-_|[]".indexOf(c) >= 0;
      }
      if (!fine) {
        findings.error(path.at(field, i), name, "a name of OpenSSL's, or several as [a|b]");
      }
    }
  }

  private Version version(TlsProtocol protocol, int number, Path path) {
    return switch (protocol) {
      case TLS_AUTO -> Version.AUTO;
      case TLSv1_0 -> Version.TLS_1_0;
      case TLSv1_1 -> Version.TLS_1_1;
      case TLSv1_2 -> Version.TLS_1_2;
      case TLSv1_3 -> Version.TLS_1_3;
      case UNRECOGNIZED -> {
        findings.error(path, Integer.toString(number), "TLS_AUTO, or TLSv1_0 to TLSv1_3");
        yield Version.AUTO;
      }
    };
  }

  TlsCertificateConfig certificate(TlsCertificate certificate, Path path) {
    DataRef chain =
        DataReader.ref(
            certificate.hasCertificateChain(),
            certificate.getCertificateChain(),
            path.field("certificate_chain"),
            findings);
    DataRef key =
        DataReader.ref(
            certificate.hasPrivateKey(),
            certificate.getPrivateKey(),
            path.field("private_key"),
            findings);
    DataRef pkcs12 =
        DataReader.ref(
            certificate.hasPkcs12(), certificate.getPkcs12(), path.field("pkcs12"), findings);
    if (certificate.hasPkcs12()) {
      if (certificate.hasCertificateChain() || certificate.hasPrivateKey()) {
        findings.error(path.field("pkcs12"), "a value", "either it or a chain and a key");
      }
    } else {
      if (!certificate.hasCertificateChain()) {
        findings.error(path.field("certificate_chain"), "nothing", "a certificate in PEM");
      }
      if (!certificate.hasPrivateKey()) {
        findings.error(path.field("private_key"), "nothing", "a private key in PEM");
      }
    }
    return new TlsCertificateConfig(
        chain,
        key,
        pkcs12,
        DataReader.ref(
            certificate.hasPassword(), certificate.getPassword(), path.field("password"), findings),
        certificate.getWatchedDirectory().getPath());
  }

  private TlsValidationConfig validation(
      CertificateValidationContext context, Path path, boolean partial) {
    boolean untrusted = false;
    switch (context.getTrustChainVerification()) {
      case VERIFY_TRUST_CHAIN -> {}
      case ACCEPT_UNTRUSTED -> untrusted = true;
      case UNRECOGNIZED ->
          findings.error(
              path.field("trust_chain_verification"),
              Integer.toString(context.getTrustChainVerificationValue()),
              TrustChainVerification.VERIFY_TRUST_CHAIN + " or ACCEPT_UNTRUSTED");
    }
    TlsValidationConfig read =
        new TlsValidationConfig(
            DataReader.ref(
                context.hasTrustedCa(), context.getTrustedCa(), path.field("trusted_ca"), findings),
            context.hasSystemRootCerts(),
            context.getWatchedDirectory().getPath(),
            spki(context, path),
            hashes(context, path),
            nameMatches(context, path),
            DataReader.ref(context.hasCrl(), context.getCrl(), path.field("crl"), findings),
            context.getOnlyVerifyLeafCertCrl(),
            context.getAllowExpiredCertificate(),
            untrusted,
            findings.bounded(
                context.hasMaxVerifyDepth(),
                context.getMaxVerifyDepth().getValue(),
                -1,
                0,
                100,
                path.field("max_verify_depth")));
    if (!partial && !read.names().isEmpty() && !read.verifiesChain()) {
      findings.error(
          path.field("match_typed_subject_alt_names"),
          "names without an authority",
          "trusted_ca, as names of a chain that is not verified prove nothing");
    }
    if (context.hasCrl() && !read.verifiesChain() && !partial) {
      findings.error(path.field("crl"), "a value", "trusted_ca beside it");
    }
    return read;
  }

  private List<String> spki(CertificateValidationContext context, Path path) {
    for (int i = 0; i < context.getVerifyCertificateSpkiCount(); i++) {
      String text = context.getVerifyCertificateSpki(i);
      boolean fine;
      try {
        fine = Base64.getDecoder().decode(text).length == 32;
      } catch (IllegalArgumentException _) {
        fine = false;
      }
      if (!fine) {
        findings.error(path.at("verify_certificate_spki", i), text, "32 bytes in base 64");
      }
    }
    return context.getVerifyCertificateSpkiList();
  }

  private List<String> hashes(CertificateValidationContext context, Path path) {
    List<String> hashes = new ArrayList<>();
    for (int i = 0; i < context.getVerifyCertificateHashCount(); i++) {
      String text = context.getVerifyCertificateHash(i);
      if (!HASH.matcher(text).matches()) {
        findings.error(
            path.at("verify_certificate_hash", i), text, "32 bytes in hex, with colons or without");
      }
      hashes.add(text.replace(":", "").toLowerCase(Locale.ROOT));
    }
    return hashes;
  }

  private List<NameMatch> nameMatches(CertificateValidationContext context, Path path) {
    MatchReader matches = new MatchReader(findings);
    List<NameMatch> read = new ArrayList<>();
    for (int i = 0; i < context.getMatchTypedSubjectAltNamesCount(); i++) {
      SubjectAltNameMatcher matcher = context.getMatchTypedSubjectAltNames(i);
      Path here = path.at("match_typed_subject_alt_names", i);
      var match = matches.string(matcher.getMatcher(), here.field("matcher"));
      switch (matcher.getSanType()) {
        case EMAIL -> read.add(new NameMatch(NameType.EMAIL, match));
        case DNS -> read.add(new NameMatch(NameType.DNS, match));
        case URI -> read.add(new NameMatch(NameType.URI, match));
        case IP_ADDRESS -> read.add(new NameMatch(NameType.IP_ADDRESS, match));
        case OTHER_NAME -> findings.refuse(here.field("san_type"), "OTHER_NAME");
        case SAN_TYPE_UNSPECIFIED, UNRECOGNIZED ->
            findings.error(
                here.field("san_type"),
                Integer.toString(matcher.getSanTypeValue()),
                "EMAIL, DNS, URI or IP_ADDRESS");
      }
    }
    for (int i = 0; i < context.getMatchSubjectAltNamesCount(); i++) {
      // The older form: a name of any kind.
      var match =
          matches.string(context.getMatchSubjectAltNames(i), path.at("match_subject_alt_names", i));
      for (NameType type : NameType.values()) {
        read.add(new NameMatch(type, match));
      }
    }
    return read;
  }

  private SecretRef secretRef(SdsSecretConfig secret, Path path) {
    findings.required(secret.getName(), path.field("name"));
    findings.fetched(secret.getName(), path.field("name"));
    return new SecretRef(
        secret.getName(),
        secret.hasSdsConfig()
            ? Optional.of(
                SourceReader.read(true, secret.getSdsConfig(), path.field("sds_config"), findings))
            : Optional.empty());
  }

  /** A secret as it comes by SDS, or stands in a bootstrap. */
  SecretConfig secret(Secret secret, Path path) {
    findings.required(secret.getName(), path.field("name"));
    return new SecretConfig(
        secret.getName(),
        switch (secret.getTypeCase()) {
          case TLS_CERTIFICATE ->
              new SecretConfig.Content.Certificate(
                  certificate(secret.getTlsCertificate(), path.field("tls_certificate")));
          case VALIDATION_CONTEXT ->
              new SecretConfig.Content.Validation(
                  validation(
                      secret.getValidationContext(), path.field("validation_context"), true));
          case SESSION_TICKET_KEYS ->
              new SecretConfig.Content.TicketKeys(
                  ticketKeys(
                      secret.getSessionTicketKeys().getKeysList(),
                      path.field("session_ticket_keys")));
          case GENERIC_SECRET -> generic(secret, path.field("generic_secret"));
          case TYPE_NOT_SET -> {
            findings.error(
                path,
                "nothing",
                "tls_certificate, validation_context, session_ticket_keys or generic_secret");
            yield new SecretConfig.Content.Generic(DataRef.none(), Map.of());
          }
        });
  }

  private SecretConfig.Content generic(Secret secret, Path path) {
    var generic = secret.getGenericSecret();
    Map<String, DataRef> parts = new LinkedHashMap<>();
    findings
        .map("secrets", generic::getSecretsMap)
        .forEach((name, source) ->
            parts.put(
                name, DataReader.ref(true, source, path.field("secrets").field(name), findings)));
    return new SecretConfig.Content.Generic(
        DataReader.ref(generic.hasSecret(), generic.getSecret(), path.field("secret"), findings),
        parts);
  }
}
