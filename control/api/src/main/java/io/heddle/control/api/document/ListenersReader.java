package io.heddle.control.api.document;

import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.GatewaySpec.Allowed;
import io.heddle.control.api.resource.GatewaySpec.CertificateRef;
import io.heddle.control.api.resource.GatewaySpec.From;
import io.heddle.control.api.resource.GatewaySpec.Protocol;
import io.heddle.control.api.resource.GatewaySpec.Tls;
import io.heddle.control.api.resource.GatewaySpec.TlsMode;
import io.heddle.control.api.resource.Kind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the listeners of a {@code Gateway} or {@code ListenerSet}. */
final class ListenersReader {
  private static final Map<String, From> FROM = from();
  private static final Map<String, Protocol> PROTOCOLS = protocols();
  private static final Map<String, TlsMode> MODES = modes();
  private static final Map<String, Kind> ROUTES = routes();

  private ListenersReader() {}

  private static Map<String, From> from() {
    Map<String, From> all = new LinkedHashMap<>();
    for (From from : From.values()) {
      all.put(from.text(), from);
    }
    return all;
  }

  private static Map<String, Protocol> protocols() {
    Map<String, Protocol> all = new LinkedHashMap<>();
    for (Protocol protocol : Protocol.values()) {
      all.put(protocol.name(), protocol);
    }
    return all;
  }

  private static Map<String, TlsMode> modes() {
    Map<String, TlsMode> all = new LinkedHashMap<>();
    all.put(TlsMode.TERMINATE.text(), TlsMode.TERMINATE);
    all.put(TlsMode.PASSTHROUGH.text(), TlsMode.PASSTHROUGH);
    return all;
  }

  private static Map<String, Kind> routes() {
    Map<String, Kind> all = new LinkedHashMap<>();
    for (Kind kind : List.of(Kind.HTTP_ROUTE, Kind.GRPC_ROUTE, Kind.TLS_ROUTE, Kind.TCP_ROUTE)) {
      all.put(kind.kindName(), kind);
    }
    return all;
  }

  static List<GatewaySpec.Listener> read(Fields spec) {
    List<GatewaySpec.Listener> listeners = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Set<String> places = new HashSet<>();
    for (Fields item : spec.mappings("listeners", 1, 64, "at least one listener")) {
      String name = item.requiredText("name", Syntax.DNS_NAME);
      String hostname = item.text("hostname", Syntax.WILDCARD_HOSTNAME);
      int port = item.requiredInteger("port", 1, 65_535);
      Protocol protocol = protocol(item);
      Tls tls = tls(item, protocol);
      Fields allowed = item.mapping("allowedRoutes");
      Allowed from = allowed(allowed.mapping("namespaces"), Allowed.SAME);
      Set<Kind> kinds = kinds(allowed);
      allowed.end();
      item.end();
      if (protocol == Protocol.TCP && !hostname.isEmpty()) {
        item.wrong("hostname", Problems.quote(hostname), "left out, as TCP has no names");
      }
      if (!name.isEmpty() && !names.add(name)) {
        item.wrong("name", Problems.quote(name) + " stands twice", "unique names");
      }
      if (item.states("port") && !places.add(port + " " + protocol + " " + hostname)) {
        item.wrong(
            "port",
            port + " with the same protocol and hostname stands twice",
            "unique port, protocol and hostname");
      }
      listeners.add(new GatewaySpec.Listener(name, hostname, port, protocol, from, kinds, tls));
    }
    return listeners;
  }

  private static Protocol protocol(Fields item) {
    if (!item.has("protocol")) {
      item.wrong("protocol", "missing", "one of " + String.join(", ", PROTOCOLS.keySet()));
    }
    return item.choice("protocol", PROTOCOLS, Protocol.HTTP);
  }

  private static Tls tls(Fields item, Protocol protocol) {
    boolean stated = item.states("tls");
    Fields tls = item.mapping("tls");
    TlsMode mode = tls.choice("mode", MODES, TlsMode.TERMINATE);
    List<CertificateRef> certificates = new ArrayList<>();
    for (Fields ref : tls.mappings("certificateRefs", 64)) {
      certificates.add(certificate(ref));
    }
    tls.notYet("options", "frontendValidation");
    tls.end();
    if (!protocol.encrypted()) {
      if (stated) {
        item.wrong("tls", "with protocol " + protocol, "left out, or protocol HTTPS or TLS");
      }
      return Tls.NONE;
    }
    if (protocol == Protocol.HTTPS && mode == TlsMode.PASSTHROUGH) {
      tls.wrong("mode", "Passthrough with protocol HTTPS", "Terminate, or protocol TLS");
    }
    if (mode == TlsMode.PASSTHROUGH) {
      if (!certificates.isEmpty()) {
        tls.wrong("certificateRefs", "with mode Passthrough", "left out, or mode Terminate");
      }
    } else if (certificates.isEmpty() && item.states("protocol")) {
      item.wrong("tls", "no certificateRefs", "at least one Secret of type kubernetes.io/tls");
    }
    return new Tls(mode, certificates);
  }

  private static CertificateRef certificate(Fields ref) {
    Kind kind = ref.choice("kind", Map.of(Kind.SECRET.kindName(), Kind.SECRET), Kind.SECRET);
    RouteRefsReader.group(ref, kind);
    CertificateRef read =
        new CertificateRef(
            ref.text("namespace", Syntax.DNS_LABEL), ref.requiredText("name", Syntax.DNS_NAME));
    ref.end();
    return read;
  }

  /** {@code namespaces}: {@code from}, and the {@code selector} that goes with it. */
  static Allowed allowed(Fields namespaces, Allowed unless) {
    From from = namespaces.choice("from", FROM, unless.from());
    boolean stated = namespaces.states("selector");
    Fields selector = namespaces.mapping("selector");
    Map<String, String> labels =
        selector.textMap("matchLabels", 64, Syntax.LABEL_NAME, Syntax.LABEL_VALUE);
    selector.notYet("matchExpressions");
    selector.end();
    namespaces.end();
    if (from == From.SELECTOR && !stated) {
      namespaces.wrong("selector", "missing", "matchLabels, as from is Selector");
    }
    if (from != From.SELECTOR && stated) {
      namespaces.wrong("selector", "without from Selector", "left out, or from Selector");
    }
    return new Allowed(from, labels);
  }

  private static Set<Kind> kinds(Fields allowed) {
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    for (Fields item : allowed.mappings("kinds", 8)) {
      String group = item.text("group", Syntax.ANY);
      if (item.states("group") && !group.equals(Kind.HTTP_ROUTE.group())) {
        item.wrong("group", Problems.quote(group), Kind.HTTP_ROUTE.group());
      }
      if (!item.has("kind")) {
        item.wrong("kind", "missing", "one of " + String.join(", ", ROUTES.keySet()));
      }
      kinds.add(item.choice("kind", ROUTES, Kind.HTTP_ROUTE));
      item.end();
    }
    return kinds;
  }
}
