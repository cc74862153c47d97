package io.heddle.proxy.filters.grpcstats;

import io.envoyproxy.envoy.config.core.v3.GrpcMethodList;
import io.envoyproxy.envoy.extensions.filters.http.grpc_stats.v3.FilterConfig;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.filters.config.SetFields;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Which methods have numbers of their own, and those numbers. Safe on every thread. */
final class MethodTable {
  /**
   * Methods that clients may name where all have numbers of their own; those beyond share one set.
   */
  static final int MOST = 4096;

  private final FilterFactoryContext context;
  private final boolean all;
  private final boolean replaceDots;
  private final Set<Method> listed;
  private final Map<Key, MethodStats> made = new ConcurrentHashMap<>();

  /** A method as a request's path names it. */
  private record Method(String service, String name) {}

  /** Empty names stand for the methods that have no numbers of their own. */
  private record Key(String cluster, String service, String name) {}

  private MethodTable(
      FilterFactoryContext context, boolean all, boolean replaceDots, Set<Method> listed) {
    this.context = context;
    this.all = all;
    this.replaceDots = replaceDots;
    this.listed = Set.copyOf(listed);
  }

  static MethodTable of(FilterConfig message, FilterFactoryContext context)
      throws FilterConfigException {
    Set<Method> listed = new HashSet<>();
    GrpcMethodList list = message.getIndividualMethodStatsAllowlist();
    String path = "individual_method_stats_allowlist";
    SetFields.allow(list, path, Set.of("services"));
    for (int i = 0; i < list.getServicesCount(); i++) {
      GrpcMethodList.Service service = list.getServices(i);
      String here = SetFields.at(path, "services", i);
      SetFields.allow(service, here, Set.of("name", "method_names"));
      if (service.getName().isEmpty()) {
        throw new FilterConfigException(SetFields.at(here, "name"), "", "not empty");
      }
      if (service.getMethodNamesCount() == 0) {
        throw new FilterConfigException(SetFields.at(here, "method_names"), "none", "at least one");
      }
      for (String method : service.getMethodNamesList()) {
        listed.add(new Method(service.getName(), method));
      }
    }
    return new MethodTable(
        context,
        message.getStatsForAllMethods().getValue(),
        message.getReplaceDotsInGrpcServiceName(),
        listed);
  }

  /**
   * The numbers for a request to this path. Empty where no cluster of this name exists, and where
   * every method counts by itself and the path names none.
   */
  Optional<MethodStats> find(String cluster, String path) {
    int query = path.indexOf('?');
    int end = query < 0 ? path.length() : query;
    int slash = path.indexOf('/', 1);
    boolean named =
        slash > 1 && slash + 1 < end && path.charAt(0) == '/' && path.indexOf('/', slash + 1) < 0;
    if (all && !named) {
      return Optional.empty();
    }
    Key key = new Key(cluster, "", "");
    if (named) {
      Method method = new Method(path.substring(1, slash), path.substring(slash + 1, end));
      if (all) {
        String service = replaceDots ? method.service.replace('.', '_') : method.service;
        key = new Key(cluster, service, method.name);
      } else if (listed.contains(method)) {
        key = new Key(cluster, method.service, method.name);
      }
    }
    MethodStats stats = made.get(key);
    if (stats == null) {
      if (context.server().membership(cluster).isEmpty()) {
        return Optional.empty();
      }
      if (made.size() >= MOST) {
        key = new Key(cluster, "", "");
      }
      stats = made.computeIfAbsent(key, this::make);
    }
    return Optional.of(stats);
  }

  private MethodStats make(Key key) {
    var scope =
        context.serverStats().tagged("cluster", "envoy_cluster_name", key.cluster).scope("grpc");
    return new MethodStats(key.name.isEmpty() ? scope : scope.scope(key.service).scope(key.name));
  }
}
