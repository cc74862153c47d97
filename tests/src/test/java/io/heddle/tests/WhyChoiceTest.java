package io.heddle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.document.ObjectParser;
import io.heddle.control.api.document.ParseResult;
import io.heddle.control.core.explain.AskedRequest;
import io.heddle.control.core.explain.Configuration;
import io.heddle.control.core.explain.Explainer;
import io.heddle.control.core.explain.Explanation;
import io.heddle.control.core.translate.HostPort;
import io.heddle.control.core.translate.NodeFacts;
import io.heddle.control.core.translate.Produced;
import io.heddle.control.core.translate.Translator;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.codec.HeadPool;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.heddle.proxy.engine.route.CompiledRoutes;
import io.heddle.proxy.engine.route.FilterConfigs;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.parse.ResourceParser;
import io.heddle.xds.server.EncodedResource;
import io.heddle.xds.server.Scope;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** {@code heddle why} names the route that the data plane takes, in random meshes. */
final class WhyChoiceTest {
  private static final long SEED = Long.getLong("heddle.why.seed", 20261127);
  private static final int MESHES = 20;
  private static final int REQUESTS = 30;
  private static final HostPort NOWHERE = new HostPort("127.0.0.1", 15001);
  private static final String[] PATHS = {"/", "/a", "/a/b", "/ab", "/a/b/c", "/A"};
  private static final String[] METHODS = {"GET", "POST"};

  private final Random random = new Random(SEED);
  private final HeadPool heads = new HeadPool(4);

  @Test
  void namesTheRouteThatTheDataPlaneTakes() {
    int taken = 0;
    for (int mesh = 0; mesh < MESHES; mesh++) {
      List<EncodedResource> resources = resources(mesh());
      Configuration configuration = Configuration.of(resources);
      CompiledRoutes compiled = compiled(resources);
      for (int i = 0; i < REQUESTS; i++) {
        String method = one(METHODS);
        String path = one(PATHS) + one("", "?q=1", "?q=2&p=1", "?p");
        String host = one("s0", "s1", "s1.default", "s0.default.svc:8080", "S1", "none");
        Map<String, List<String>> headers =
            random.nextBoolean() ? Map.of() : Map.of("x-a", List.of(one("1", "2", "12")));
        Explanation said =
            Explainer.ofSidecar(
                configuration, AskedRequest.of(method, "http://" + host + path, headers));
        String wanted = choice(compiled, method, path, host, headers);
        assertThat(said.route())
            .as(
                "seed %d, mesh %d: %s http://%s%s %s; %s",
                SEED, mesh, method, host, path, headers, said.considered())
            .isEqualTo(wanted);
        taken += wanted.isEmpty() ? 0 : 1;
      }
    }
    // Neither all nor none: the meshes are worth comparing.
    assertThat(taken).isBetween(MESHES * REQUESTS / 5, MESHES * REQUESTS * 9 / 10);
  }

  private String choice(
      CompiledRoutes compiled,
      String method,
      String path,
      String host,
      Map<String, List<String>> headers) {
    RequestHead head = heads.request().start(method, path, host, "http");
    headers.forEach(
        (name, values) -> values.forEach(value -> head.add(HeaderName.of(name), value)));
    CompiledRoute route = compiled.match(head, silent(), 1);
    String name = route == null ? "" : route.config().name();
    head.release();
    return name;
  }

  /** Must not be asked anything. */
  private static Subject silent() {
    return (Subject)
        Proxy.newProxyInstance(
            WhyChoiceTest.class.getClassLoader(),
            new Class<?>[] {Subject.class},
            (_, method, _) -> {
              throw new AssertionError("asked for " + method.getName());
            });
  }

  private static CompiledRoutes compiled(List<EncodedResource> resources) {
    EncodedResource table =
        resources.stream()
            .filter(resource -> resource.type() == ResourceType.ROUTES)
            .findFirst()
            .orElseThrow();
    Parsed<RouteTable> parsed = new ResourceParser(ParseOptions.STRICT).routes(table.any());
    if (!(parsed instanceof Parsed.Ok<RouteTable> ok)) {
      throw new AssertionError(parsed.message());
    }
    FilterFactoryContext context =
        (FilterFactoryContext)
            Proxy.newProxyInstance(
                WhyChoiceTest.class.getClassLoader(),
                new Class<?>[] {FilterFactoryContext.class},
                (_, method, _) -> method.getName().equals("runtime") ? RuntimeView.NONE : null);
    List<ConfigError> errors = new ArrayList<>();
    CompiledRoutes compiled =
        CompiledRoutes.compile(
            ok.value(),
            CompiledRoutes.EMPTY,
            new FilterConfigs(List.of(), context),
            _ -> true,
            errors);
    assertThat(errors).isEmpty();
    return compiled;
  }

  private static List<EncodedResource> resources(String yaml) {
    ParseResult parsed = ObjectParser.parse("mesh.yaml", yaml);
    assertThat(parsed.errors()).isEmpty();
    Translator translator = new Translator();
    translator.relist(parsed.objects());
    translator.node(
        new Scope("own"),
        new NodeFacts.Sidecar("default", "web", "web-1", NOWHERE, NOWHERE, NOWHERE));
    return translator.translate().put().stream().map(Produced::resource).toList();
  }

  /** Two services with some routes of few words, so that they meet often, and often nearly. */
  private String mesh() {
    StringBuilder yaml = new StringBuilder();
    for (String service : List.of("s0", "s1")) {
      yaml.append(
          "---\napiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {ports: [{port: 80}]}\n"
              .formatted(service));
    }
    int routes = random.nextInt(4);
    for (int i = 0; i < routes; i++) {
      yaml.append(
          """
          ---
          apiVersion: gateway.networking.k8s.io/v1
          kind: HTTPRoute
          metadata: {name: r%d}
          spec:
            parentRefs: [{group: "", kind: Service, name: %s}]
            rules:
          """
              .formatted(i, one("s0", "s1")));
      int rules = 1 + random.nextInt(3);
      for (int j = 0; j < rules; j++) {
        yaml.append("  - matches: [").append(match()).append("]\n");
        yaml.append("    backendRefs: [{name: s0, port: 80}]\n");
      }
    }
    return yaml.toString();
  }

  private String match() {
    StringBuilder match = new StringBuilder("{path: {type: ");
    switch (random.nextInt(3)) {
      case 0 -> match.append("Exact, value: ").append(one(PATHS));
      case 1 -> match.append("PathPrefix, value: ").append(one(PATHS));
      default ->
          match
              .append("RegularExpression, value: '")
              .append(one("/a.*", "/[ab]+", "/(a|A)(/b)?"))
              .append('\'');
    }
    match.append('}');
    if (random.nextInt(4) == 0) {
      match.append(", method: ").append(one(METHODS));
    }
    if (random.nextInt(4) == 0) {
      match.append(
          random.nextBoolean()
              ? ", headers: [{name: X-A, value: \"1\"}]"
              : ", headers: [{name: x-a, type: RegularExpression, value: \"1.?\"}]");
    }
    if (random.nextInt(4) == 0) {
      match.append(", queryParams: [{name: q, value: \"").append(one("1", "2")).append("\"}]");
    }
    return match.append('}').toString();
  }

  private String one(String... all) {
    return all[random.nextInt(all.length)];
  }
}
