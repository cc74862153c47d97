package io.heddle.control.api.document;

import io.heddle.control.api.resource.BackendRef;
import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ParentRef;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads what all kinds of routes have: where they attach, and whom they send to. */
final class RouteRefsReader {
  private static final int MOST_WEIGHT = 1_000_000;
  private static final Map<String, Kind> PARENT_KINDS = parentKinds();

  private RouteRefsReader() {}

  private static Map<String, Kind> parentKinds() {
    Map<String, Kind> kinds = new LinkedHashMap<>();
    for (Kind kind : List.of(Kind.GATEWAY, Kind.LISTENER_SET, Kind.SERVICE)) {
      kinds.put(kind.kindName(), kind);
    }
    return kinds;
  }

  /**
   * {@code parentRefs}.
   *
   * @param service whether a Service may be one
   */
  static List<ParentRef> parents(Fields spec, boolean service) {
    Map<String, Kind> kinds = new LinkedHashMap<>(PARENT_KINDS);
    if (!service) {
      kinds.remove(Kind.SERVICE.kindName());
    }
    List<ParentRef> parents = new ArrayList<>();
    String expected = "at least one Gateway" + (service ? " or Service" : "") + " to attach to";
    for (Fields item : spec.mappings("parentRefs", 1, 32, expected)) {
      Kind kind = item.choice("kind", kinds, Kind.GATEWAY);
      group(item, kind);
      String namespace = item.text("namespace", Syntax.DNS_LABEL);
      String name = item.requiredText("name", Syntax.DNS_NAME);
      String section = item.text("sectionName", Syntax.DNS_NAME);
      int port = item.integer("port", 1, 65_535, 0);
      item.end();
      ParentRef parent = new ParentRef(kind, namespace, name, section, port);
      if (parents.contains(parent)) {
        item.wrong("name", "the same parent stands twice", "unique parents");
      }
      parents.add(parent);
    }
    return parents;
  }

  /** Checks {@code group} against that of the kind; {@code core} is another word for none. */
  static void group(Fields item, Kind kind) {
    String group = item.text("group", Syntax.ANY);
    boolean core = kind.group().isEmpty() && (group.isEmpty() || group.equals("core"));
    boolean unstated = group.isEmpty() && !kind.group().isEmpty() && !item.states("group");
    if (!group.equals(kind.group()) && !core && !unstated) {
      item.wrong("group", Problems.quote(group), Problems.quote(kind.group()));
    }
  }

  /** A reference to a Service with its port: {@code backendRef} of a mirror. */
  static BackendRef service(Fields item) {
    return backend(item, false, Set.of());
  }

  /**
   * {@code backendRefs}.
   *
   * @param filters the types that a backend of this kind of route may have; none: the field is
   *     unknown
   */
  static List<BackendRef> backends(Fields rule, Set<String> filters) {
    List<BackendRef> backends = new ArrayList<>();
    for (Fields item : rule.mappings("backendRefs", 16)) {
      backends.add(backend(item, true, filters));
    }
    return backends;
  }

  private static BackendRef backend(Fields item, boolean weighted, Set<String> supported) {
    String group = item.text("group", Syntax.ANY);
    String kind = item.text("kind", Syntax.ANY);
    if (!group.isEmpty() && !group.equals("core")) {
      item.wrong("group", Problems.quote(group) + " is not supported", "left out, for a Service");
    }
    if (!kind.isEmpty() && !kind.equals(Kind.SERVICE.kindName())) {
      item.wrong("kind", Problems.quote(kind) + " is not supported", "Service, or left out");
    }
    String namespace = item.text("namespace", Syntax.DNS_LABEL);
    String name = item.requiredText("name", Syntax.DNS_LABEL);
    int port = item.requiredInteger("port", 1, 65_535);
    int weight = weighted ? item.integer("weight", 0, MOST_WEIGHT, 1) : 1;
    List<HttpRouteFilter> filters =
        supported.isEmpty() ? List.of() : HttpRouteFilterReader.read(item, supported);
    item.end();
    return new BackendRef(namespace, name, port, weight, filters);
  }

  /** Reports a rule's name that another rule of the route has. */
  static String ruleName(Fields rule, Set<String> taken) {
    String name = rule.text("name", Syntax.DNS_NAME);
    if (!name.isEmpty() && !taken.add(name)) {
      rule.wrong("name", Problems.quote(name) + " stands twice", "unique names");
    }
    return name;
  }

  /** An empty set for {@link #ruleName}. */
  static Set<String> noNames() {
    return new HashSet<>();
  }
}
