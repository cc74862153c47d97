package io.heddle.proxy.engine.format;

import io.heddle.proxy.api.CertificateInfo;
import io.heddle.proxy.api.TlsInfo;
import io.netty.buffer.ByteBuf;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What was agreed on by TLS with the client ({@code %DOWNSTREAM_…%}) and with the host ({@code
 * %UPSTREAM_…%}); each makes strings where it has to.
 */
final class TlsOperators {
  private static final String DOWNSTREAM = "DOWNSTREAM_";
  private static final String UPSTREAM = "UPSTREAM_";

  private TlsOperators() {}

  /** The operator of this name, or null where there is none. */
  static Operators.@Nullable Known of(String name, @Nullable String argument) {
    Function<Subject, @Nullable TlsInfo> side;
    String what;
    boolean client = name.startsWith(DOWNSTREAM);
    if (client) {
      side = subject -> subject.connection().tls().orElse(null);
      what = name.substring(DOWNSTREAM.length());
    } else if (name.startsWith(UPSTREAM)) {
      side = Subject::upstreamTls;
      what = name.substring(UPSTREAM.length());
    } else {
      return null;
    }
    if (what.equals("PEER_CERT_V_START") || what.equals("PEER_CERT_V_END")) {
      return moment(side, what.endsWith("START"), argument);
    }
    if (argument != null) {
      return null;
    }
    Function<TlsInfo, @Nullable String> value = client ? client(what) : null;
    if (value == null) {
      value = either(what);
    }
    return value == null ? null : text(side, value);
  }

  private static @Nullable Function<TlsInfo, @Nullable String> either(String what) {
    return switch (what) {
      case "TLS_VERSION" -> TlsInfo::version;
      case "TLS_CIPHER" -> TlsInfo::cipher;
      case "TLS_SESSION_ID" -> TlsInfo::sessionId;
      case "PEER_SUBJECT" -> peer(CertificateInfo::subject);
      case "PEER_ISSUER" -> peer(CertificateInfo::issuer);
      case "PEER_CERT" -> peer(CertificateInfo::urlEncodedPem);
      case "PEER_URI_SAN" -> peer(one -> joined(one.uriSans()));
      case "PEER_DNS_SAN" -> peer(one -> joined(one.dnsSans()));
      case "PEER_IP_SAN" -> peer(one -> joined(one.ipSans()));
      case "LOCAL_URI_SAN" -> local(one -> joined(one.uriSans()));
      case "LOCAL_DNS_SAN" -> local(one -> joined(one.dnsSans()));
      case "LOCAL_IP_SAN" -> local(one -> joined(one.ipSans()));
      default -> null;
    };
  }

  /** Envoy has these of clients only. */
  private static @Nullable Function<TlsInfo, @Nullable String> client(String what) {
    return switch (what) {
      case "LOCAL_SUBJECT" -> local(CertificateInfo::subject);
      case "PEER_EMAIL_SAN" -> peer(one -> joined(one.emailSans()));
      case "LOCAL_EMAIL_SAN" -> local(one -> joined(one.emailSans()));
      case "PEER_SERIAL" -> peer(CertificateInfo::serial);
      case "PEER_FINGERPRINT_256" -> peer(CertificateInfo::sha256);
      case "PEER_FINGERPRINT_1" -> peer(CertificateInfo::sha1);
      case "PEER_CHAIN_SERIALS" -> chain(CertificateInfo::serial);
      case "PEER_CHAIN_FINGERPRINTS_256" -> chain(CertificateInfo::sha256);
      case "PEER_CHAIN_FINGERPRINTS_1" -> chain(CertificateInfo::sha1);
      default -> null;
    };
  }

  private static String joined(List<String> names) {
    return String.join(",", names);
  }

  private static Function<TlsInfo, @Nullable String> peer(Function<CertificateInfo, String> of) {
    return tls -> tls.peer().map(of).orElse(null);
  }

  private static Function<TlsInfo, @Nullable String> local(Function<CertificateInfo, String> of) {
    return tls -> tls.local().map(of).orElse(null);
  }

  private static Function<TlsInfo, @Nullable String> chain(Function<CertificateInfo, String> of) {
    return tls -> tls.peerChain().stream().map(of).collect(Collectors.joining(","));
  }

  private static Operators.Known text(
      Function<Subject, @Nullable TlsInfo> side, Function<TlsInfo, @Nullable String> value) {
    return new Operators.Known(
        (subject, out) -> {
          TlsInfo tls = side.apply(subject);
          String found = tls == null ? null : value.apply(tls);
          if (found == null || found.isEmpty()) {
            return false;
          }
          Text.write(found, out);
          return true;
        },
        false);
  }

  private static Operators.Known moment(
      Function<Subject, @Nullable TlsInfo> side, boolean start, @Nullable String pattern) {
    TimeFormat format = new TimeFormat(pattern == null ? TimeFormat.DEFAULT : pattern);
    return new Operators.Known(
        (subject, out) -> {
          TlsInfo tls = side.apply(subject);
          return tls != null
              && tls.peer().isPresent()
              && append(tls.peer().get(), start, format, out);
        },
        false);
  }

  private static boolean append(
      CertificateInfo peer, boolean start, TimeFormat format, ByteBuf out) {
    Instant moment = start ? peer.notBefore() : peer.notAfter();
    format.append(moment.getEpochSecond(), moment.getNano(), out);
    return true;
  }
}
