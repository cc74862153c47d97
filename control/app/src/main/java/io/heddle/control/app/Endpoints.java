package io.heddle.control.app;

import io.heddle.control.api.registry.Registry;
import io.heddle.control.api.store.Store;
import io.heddle.control.app.Endpoint.Body;
import io.heddle.control.core.publish.LocalityWeigher;
import io.heddle.control.core.publish.Publisher;
import io.heddle.control.core.rollout.Rollouts;
import java.util.ArrayList;
import java.util.List;

/** Lists what the REST API serves. */
final class Endpoints {
  private static final String OBJECT = "/api/v1/{kind}/{namespace}/{name}";

  private Endpoints() {}

  static List<Endpoint> of(
      Store store,
      Registry registry,
      Publisher publisher,
      Rollouts rollouts,
      Tokens tokens,
      OtherPlanes others,
      EveryLoad loads,
      LocalityWeigher weigher) {
    Writes writes = new Writes(store, registry, rollouts);
    HistoryApi history = new HistoryApi(store, writes);
    ObjectsApi objects = new ObjectsApi(store, publisher.board(), writes, history);
    StatusApi status = new StatusApi(store, registry, publisher, rollouts, loads, weigher);
    SyncApi sync = new SyncApi(store, publisher, others);
    TokensApi access = new TokensApi(tokens);
    WhyApi why = new WhyApi(store, registry, publisher, others);
    ExtentApi extent = new ExtentApi(store, publisher, others);
    GovernanceApi governance = new GovernanceApi(store);
    List<Endpoint> all = new ArrayList<>(new RolloutsApi(rollouts, writes).endpoints());
    all.addAll(
        List.of(
            Endpoint.get(
                "/api/v1/status",
                Role.VIEW,
                "Services, instances, proxies and objects",
                List.of("local"),
                status::status),
            Endpoint.get(
                "/api/v1/load",
                Role.VIEW,
                "What proxies report of the load of their clusters",
                List.of(),
                request -> status.load()),
            Endpoint.post(
                "/api/v1/apply",
                Role.EDIT,
                "Creates or changes objects, all or none",
                List.of("dryRun", "force"),
                Body.DOCUMENTS,
                request -> objects.apply(request, request.flag("dryRun"))),
            Endpoint.post(
                "/api/v1/validate",
                Role.VIEW,
                "Checks as apply would, and changes nothing",
                List.of("force"),
                Body.DOCUMENTS,
                request -> objects.apply(request, true)),
            Endpoint.post(
                "/api/v1/sync",
                Role.VIEW,
                "Tells which proxies run some objects",
                List.of(),
                Body.JSON,
                sync::sync),
            Endpoint.post(
                "/api/v1/why",
                Role.VIEW,
                "Says where a request would go, and why",
                List.of(),
                Body.JSON,
                why::why),
            Endpoint.get(
                "/api/v1/extent",
                Role.VIEW,
                "What a connected proxy holds, and why just that",
                List.of("proxy"),
                extent::extent),
            Endpoint.get(
                "/api/v1/governance",
                Role.VIEW,
                "What holds for the calls of a Service, and from where",
                List.of("service", "namespace"),
                governance::governance),
            Endpoint.get(
                "/api/v1/history",
                Role.VIEW,
                "Past writes, newest first",
                List.of("kind", "namespace", "name", "before", "limit"),
                history::history),
            Endpoint.get(
                "/api/v1/history/{revision}",
                Role.VIEW,
                "One past write, with each object before and after it",
                List.of(),
                history::revision),
            Endpoint.get(
                "/api/v1/diff",
                Role.VIEW,
                "What is different between two revisions",
                List.of("from", "to"),
                history::diff),
            Endpoint.post(
                "/api/v1/rollback",
                Role.EDIT,
                "Takes one write back",
                List.of("revision", "dryRun", "force"),
                Body.NONE,
                history::rollback),
            Endpoint.post(
                "/api/v1/registry/accept-expiry",
                Role.OPERATE,
                "Lets instances go that are held back",
                List.of(),
                Body.NONE,
                request -> status.acceptExpiry()),
            Endpoint.get(
                "/api/v1/tokens",
                Role.OPERATE,
                "Tokens with their roles, without their secrets",
                List.of(),
                request -> access.list()),
            Endpoint.post(
                "/api/v1/tokens",
                Role.OPERATE,
                "Makes a token; the answer holds its secret, this once",
                List.of(),
                Body.JSON,
                access::create),
            Endpoint.delete(
                "/api/v1/tokens/{name}",
                Role.OPERATE,
                "Revokes a token",
                List.of(),
                access::revoke),
            Endpoint.get(
                "/api/v1/schemas",
                Role.VIEW,
                "The kinds of objects",
                List.of(),
                request -> SchemasApi.list()),
            Endpoint.get(
                "/api/v1/schemas/{kind}",
                Role.VIEW,
                "The JSON Schema of a kind",
                List.of(),
                SchemasApi::get),
            Endpoint.get(
                "/api/v1/{kind}",
                Role.VIEW,
                "The objects of a kind",
                List.of("namespace"),
                objects::list),
            Endpoint.get(
                OBJECT,
                Role.VIEW,
                "One object with its status, or as it was at a revision",
                List.of("revision"),
                objects::get),
            Endpoint.delete(
                OBJECT,
                Role.EDIT,
                "Removes an object",
                List.of("dryRun", "force"),
                objects::delete)));
    return List.copyOf(all);
  }
}
