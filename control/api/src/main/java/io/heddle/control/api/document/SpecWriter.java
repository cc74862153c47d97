package io.heddle.control.api.document;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.BackendTlsPolicySpec;
import io.heddle.control.api.resource.ConfigMapSpec;
import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ListenerSetSpec;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.PolicySpec;
import io.heddle.control.api.resource.ReferenceGrantSpec;
import io.heddle.control.api.resource.RouteSpec;
import io.heddle.control.api.resource.SecretSpec;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.api.resource.Spec;
import io.heddle.control.api.resource.WorkloadEntrySpec;
import io.heddle.control.api.resource.WorkloadGroupSpec;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** Writes specs as trees, with their defaults spelled out. */
final class SpecWriter {
  private SpecWriter() {}

  static ObjectNode toTree(Spec spec) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode();
    switch (spec) {
      case ServiceSpec service -> service(tree, service);
      case WorkloadEntrySpec entry -> entry(tree, entry);
      case WorkloadGroupSpec group -> group(tree, group);
      case GatewaySpec gateway -> gateway(tree, gateway);
      case ListenerSetSpec set -> listenerSet(tree, set);
      case RouteSpec route -> RouteWriter.write(tree, route);
      case ReferenceGrantSpec grant -> grant(tree, grant);
      case BackendTlsPolicySpec policy -> backendTls(tree, policy);
      case PolicySpec policy -> PolicyWriter.write(tree, policy);
      case SecretSpec _, ConfigMapSpec _ ->
          throw new IllegalStateException(spec.kind() + " (expected: a kind that has a spec)");
    }
    return tree;
  }

  /**
   * Writes what stands beside the metadata.
   *
   * @param withSecrets for a store alone
   */
  static void plain(ObjectNode tree, Spec spec, boolean withSecrets) {
    switch (spec) {
      case SecretSpec secret -> {
        tree.put("type", SecretSpec.TYPE);
        ObjectNode data = tree.putObject("data");
        boolean shown = withSecrets && secret.hasData();
        data.put(
            SecretSpec.CERTIFICATES, shown ? base64(secret.certificates()) : SecretSpec.HIDDEN);
        data.put(SecretSpec.KEY, shown ? base64(secret.key()) : SecretSpec.HIDDEN);
      }
      case ConfigMapSpec map -> ObjectWriter.putTexts(tree, "data", map.data());
      default -> throw new IllegalStateException(spec.kind() + " (expected: one without a spec)");
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static void service(ObjectNode tree, ServiceSpec service) {
    ObjectWriter.putTexts(tree, "selector", service.selector());
    for (ServiceSpec.Port port : service.ports()) {
      ObjectNode item = tree.withArray("ports").addObject();
      ObjectWriter.putText(item, "name", port.name());
      item.put("port", port.port());
      ObjectWriter.putText(item, "appProtocol", port.appProtocol());
    }
  }

  private static void entry(ObjectNode tree, WorkloadEntrySpec entry) {
    tree.put("address", entry.address());
    ObjectWriter.putText(tree, "group", entry.group());
    ObjectWriter.putTexts(tree, "labels", entry.labels());
    instance(tree, entry.service(), entry.ports(), entry.weight(), entry.locality());
  }

  private static void group(ObjectNode tree, WorkloadGroupSpec group) {
    if (!group.labels().isEmpty()) {
      ObjectWriter.putTexts(tree.putObject("metadata"), "labels", group.labels());
    }
    instance(
        tree.putObject("template"),
        group.service(),
        group.ports(),
        group.weight(),
        group.locality());
  }

  private static void instance(
      ObjectNode tree, String service, Map<String, Integer> ports, int weight, Locality locality) {
    ObjectWriter.putText(tree, "service", service);
    if (!ports.isEmpty()) {
      ObjectNode out = tree.putObject("ports");
      ports.forEach(out::put);
    }
    ObjectWriter.putPort(tree, "weight", weight);
    if (!locality.equals(Locality.UNKNOWN)) {
      tree.put("locality", locality.toString());
    }
  }

  private static void gateway(ObjectNode tree, GatewaySpec gateway) {
    tree.put("gatewayClassName", gateway.gatewayClassName());
    listeners(tree, gateway.listeners());
    for (GatewaySpec.Address address : gateway.addresses()) {
      tree.withArray("addresses")
          .addObject()
          .put("type", address.type().text())
          .put("value", address.value());
    }
    if (!gateway.listenerSets().equals(GatewaySpec.Allowed.NONE)) {
      allowed(tree.putObject("allowedListeners"), gateway.listenerSets());
    }
  }

  private static void listenerSet(ObjectNode tree, ListenerSetSpec set) {
    ObjectNode parent = tree.putObject("parentRef");
    parent.put("group", Kind.GATEWAY.group()).put("kind", Kind.GATEWAY.kindName());
    ObjectWriter.putText(parent, "namespace", set.gatewayNamespace());
    parent.put("name", set.gatewayName());
    listeners(tree, set.listeners());
  }

  private static void listeners(ObjectNode tree, List<GatewaySpec.Listener> listeners) {
    for (GatewaySpec.Listener listener : listeners) {
      ObjectNode item = tree.withArray("listeners").addObject();
      item.put("name", listener.name());
      ObjectWriter.putText(item, "hostname", listener.hostname());
      item.put("port", listener.port()).put("protocol", listener.protocol().name());
      if (listener.tls().mode() != GatewaySpec.TlsMode.NONE) {
        ObjectNode tls = item.putObject("tls");
        tls.put("mode", listener.tls().mode().text());
        for (GatewaySpec.CertificateRef ref : listener.tls().certificates()) {
          ObjectNode certificate = tls.withArray("certificateRefs").addObject();
          certificate.put("group", "").put("kind", Kind.SECRET.kindName());
          ObjectWriter.putText(certificate, "namespace", ref.namespace());
          certificate.put("name", ref.name());
        }
      }
      ObjectNode routes = item.putObject("allowedRoutes");
      allowed(routes, listener.routes());
      listener.routeKinds().stream()
          .sorted()
          .forEach(kind ->
              routes
                  .withArray("kinds")
                  .addObject()
                  .put("group", kind.group())
                  .put("kind", kind.kindName()));
    }
  }

  private static void allowed(ObjectNode tree, GatewaySpec.Allowed allowed) {
    ObjectNode namespaces = tree.putObject("namespaces").put("from", allowed.from().text());
    if (allowed.from() == GatewaySpec.From.SELECTOR) {
      ObjectNode labels = namespaces.putObject("selector").putObject("matchLabels");
      allowed.labels().forEach(labels::put);
    }
  }

  private static void grant(ObjectNode tree, ReferenceGrantSpec grant) {
    for (ReferenceGrantSpec.From from : grant.from()) {
      tree.withArray("from")
          .addObject()
          .put("group", from.kind().group())
          .put("kind", from.kind().kindName())
          .put("namespace", from.namespace());
    }
    for (ReferenceGrantSpec.To to : grant.to()) {
      ObjectNode item = tree.withArray("to").addObject();
      item.put("group", to.kind().group()).put("kind", to.kind().kindName());
      ObjectWriter.putText(item, "name", to.name());
    }
  }

  private static void backendTls(ObjectNode tree, BackendTlsPolicySpec policy) {
    for (BackendTlsPolicySpec.Target target : policy.targets()) {
      ObjectNode item = tree.withArray("targetRefs").addObject();
      item.put("group", "").put("kind", Kind.SERVICE.kindName()).put("name", target.name());
      ObjectWriter.putText(item, "sectionName", target.sectionName());
    }
    ObjectNode validation = tree.putObject("validation");
    for (String name : policy.authorities()) {
      validation
          .withArray("caCertificateRefs")
          .addObject()
          .put("group", "")
          .put("kind", Kind.CONFIG_MAP.kindName())
          .put("name", name);
    }
    validation.put("hostname", policy.hostname());
    for (BackendTlsPolicySpec.AltName name : policy.names()) {
      validation
          .withArray("subjectAltNames")
          .addObject()
          .put("type", name.uri() ? "URI" : "Hostname")
          .put(name.uri() ? "uri" : "hostname", name.value());
    }
  }
}
