package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.CertificateInfo;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.TlsInfo;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.xds.model.HttpConnectionManagerConfig.ForwardedCertificate;
import java.util.ArrayList;
import java.util.List;

/** Says in {@code x-forwarded-client-cert} what certificate a client has. Stateless. */
final class ClientCertificate {
  private static final HeaderName HEADER = HeaderName.of("x-forwarded-client-cert");

  private ClientCertificate() {}

  static void prepare(RequestHead head, ForwardedCertificate config, ConnectionInfo connection) {
    switch (config.mode()) {
      case ALWAYS_FORWARD_ONLY -> joined(head);
      case SANITIZE -> head.remove(HEADER);
      case FORWARD_ONLY -> {
        if (!presented(connection)) {
          head.remove(HEADER);
        } else {
          joined(head);
        }
      }
      case APPEND_FORWARD -> {
        if (!presented(connection)) {
          head.remove(HEADER);
        } else {
          List<String> all = new ArrayList<>(head.all(HEADER));
          all.add(element(config, connection.tls().orElseThrow()));
          head.set(HEADER, String.join(",", all));
        }
      }
      case SANITIZE_SET -> {
        head.remove(HEADER);
        if (presented(connection)) {
          head.set(HEADER, element(config, connection.tls().orElseThrow()));
        }
      }
    }
  }

  /** It is one list, whatever lines it came in. */
  private static void joined(RequestHead head) {
    if (head.contains(HEADER)) {
      List<String> all = head.all(HEADER);
      if (all.size() > 1) {
        head.set(HEADER, String.join(",", all));
      }
    }
  }

  private static boolean presented(ConnectionInfo connection) {
    return connection.tls().isPresent() && connection.tls().get().peer().isPresent();
  }

  private static String element(ForwardedCertificate config, TlsInfo tls) {
    CertificateInfo peer = tls.peer().orElseThrow();
    List<String> parts = new ArrayList<>();
    tls.local().ifPresent(own -> own.uriSans().forEach(uri -> parts.add("By=" + uri)));
    parts.add("Hash=" + peer.sha256());
    if (config.cert()) {
      parts.add("Cert=\"" + peer.urlEncodedPem() + "\"");
    }
    if (config.chain()) {
      StringBuilder chain = new StringBuilder();
      tls.peerChain().forEach(one -> chain.append(one.urlEncodedPem()));
      parts.add("Chain=\"" + chain + "\"");
    }
    if (config.subject()) {
      parts.add("Subject=\"" + quoted(peer.subject()) + "\"");
    }
    if (config.uri()) {
      // The key stands there without a name, too.
      if (peer.uriSans().isEmpty()) {
        parts.add("URI=");
      }
      peer.uriSans().forEach(uri -> parts.add("URI=" + visible(uri)));
    }
    if (config.dns()) {
      peer.dnsSans().forEach(name -> parts.add("DNS=" + visible(name)));
    }
    return String.join(";", parts);
  }

  private static String quoted(String subject) {
    return visible(subject.replace("\\", "\\\\").replace("\"", "\\\""));
  }

  /** What a certificate says may be anything; a header may not. */
  private static String visible(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      out.append(c < 0x20 || c >= 0x7f ? '?' : c);
    }
    return out.toString();
  }
}
