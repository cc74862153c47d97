package io.heddle.proxy.engine.route;

import com.google.re2j.Pattern;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.codec.HeadPool;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.xds.model.Fraction;
import io.heddle.xds.model.HeaderMutations;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteConfig;
import io.heddle.xds.model.RouteMatch;
import io.heddle.xds.model.RouteMatch.HeaderMatch;
import io.heddle.xds.model.RouteMatch.HeaderValueMatch;
import io.heddle.xds.model.RouteMatch.PathMatch;
import io.heddle.xds.model.RouteMatch.QueryParameterMatch;
import io.heddle.xds.model.RouteMatch.QueryValueMatch;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.StringMatch;
import io.heddle.xds.model.UriTemplate;
import io.heddle.xds.model.VirtualHostConfig;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Tables and requests out of few words, so that they meet often, and often nearly. */
final class RandomTables {
  private static final String[] WORDS = {"a", "b", "A", "ab", "abc", "B", "x1", "22", "a.b", ""};
  private static final String[] HEADERS = {"x-a", "x-b", ":authority", "x-c"};
  private static final String[] VALUES = {"v", "V", "vw", "12", "-3", "w,v", "", "abc"};
  private static final String[] DOMAINS = {"a.b", "b", "c.a.b", "a.c", "a", "x.a.b.c"};
  private static final String[] REGEXES = {
    "/a/.*",
    "/[a-z]+/b",
    "/a|/b",
    "/(a|ab)/.*c",
    "/.*/22",
    "/a+b",
    "/\\w+/x1",
    "/a\\.b/?",
    ".*b",
    "/[^/]*/[^/]*",
    "(?i)/AB.*",
    "/a{1,2}",
    "/(?:a|b)/x1$",
    "^/abc",
    "/\\Qa.b\\E.*",
    "/a/(b|)"
  };
  private static final String[] TEMPLATES = {
    "/a/{x}", "/*/b", "/a/**", "/{x=a/*}/{y}", "/**.b", "/{a}.b", "/a/{x=**}/b", "/*/*", "/ab/{q}/"
  };

  private final Random random;
  private final HeadPool heads = new HeadPool(4);

  RandomTables(long seed) {
    random = new Random(seed);
  }

  private String one(String[] from) {
    return from[random.nextInt(from.length)];
  }

  private boolean rarely(int oneIn) {
    return random.nextInt(oneIn) == 0;
  }

  RouteTable table() {
    List<VirtualHostConfig> hosts = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    int names = 0;
    for (int h = 0; h < 4; h++) {
      List<String> domains = new ArrayList<>();
      for (int d = 0; d < 2; d++) {
        String domain = one(DOMAINS);
        domain =
            switch (random.nextInt(5)) {
              case 0 -> "*";
              case 1 -> "*." + domain;
              case 2 -> domain + ".*";
              case 3 -> domain + ":80";
              default -> domain;
            };
        if (taken.add(domain)) {
          domains.add(domain);
        }
      }
      List<RouteConfig> routes = new ArrayList<>();
      int size = rarely(8) ? 60 : random.nextInt(10);
      for (int r = 0; r < size; r++) {
        routes.add(
            new RouteConfig(
                "r" + names++,
                match(),
                RouteAction.NonForwarding.NON_FORWARDING,
                HeaderMutations.NONE,
                HeaderMutations.NONE,
                Map.of()));
      }
      hosts.add(
          new VirtualHostConfig(
              "h" + h, domains, routes, HeaderMutations.NONE, HeaderMutations.NONE, Map.of()));
    }
    return new RouteTable(
        "t",
        hosts,
        random.nextBoolean(),
        false,
        false,
        HeaderMutations.NONE,
        HeaderMutations.NONE,
        List.of(),
        Map.of());
  }

  private String path() {
    StringBuilder path = new StringBuilder();
    int segments = 1 + random.nextInt(3);
    for (int i = 0; i < segments; i++) {
      path.append('/').append(one(WORDS));
    }
    return path.toString();
  }

  private RouteMatch match() {
    PathMatch path =
        switch (random.nextInt(9)) {
          case 0, 1 -> new PathMatch.Exact(path());
          case 2, 3 -> new PathMatch.Prefix(rarely(4) ? "/" : path());
          case 4, 5 -> new PathMatch.PathSeparatedPrefix("/" + (rarely(2) ? "a" : "ab/abc"));
          case 6 -> new PathMatch.Regex(Pattern.compile(one(REGEXES)));
          case 7 -> new PathMatch.Template(UriTemplate.parse(one(TEMPLATES)));
          default -> rarely(3) ? PathMatch.Connect.CONNECT : new PathMatch.Prefix("/");
        };
    List<HeaderMatch> headers = new ArrayList<>();
    while (rarely(2)) {
      headers.add(new HeaderMatch(one(HEADERS), headerValue(), rarely(4), rarely(6)));
    }
    List<QueryParameterMatch> query = new ArrayList<>();
    while (rarely(5)) {
      query.add(
          new QueryParameterMatch(
              one(new String[] {"q", "p"}),
              rarely(4)
                  ? new QueryValueMatch.Present(random.nextBoolean())
                  : new QueryValueMatch.Text(text())));
    }
    return new RouteMatch(
        path,
        !rarely(4),
        rarely(8) ? Set.of("PUT", "CONNECT") : Set.of(),
        headers,
        query,
        rarely(8) ? new Fraction(random.nextInt(100), 100) : Fraction.ALL);
  }

  private HeaderValueMatch headerValue() {
    return switch (random.nextInt(5)) {
      case 0 -> new HeaderValueMatch.Present(random.nextBoolean());
      case 1 -> new HeaderValueMatch.Range(-5, 13);
      default -> new HeaderValueMatch.Text(text());
    };
  }

  private StringMatch text() {
    boolean fold = rarely(3);
    return switch (random.nextInt(8)) {
      case 0 -> new StringMatch.Prefix("v", fold);
      case 1 -> new StringMatch.Suffix("w", fold);
      case 2 -> new StringMatch.Contains("b", fold);
      case 3 -> new StringMatch.Regex(Pattern.compile("[vw]+"));
      default -> new StringMatch.Exact(one(VALUES), fold);
    };
  }

  RequestHead request() {
    String path = path();
    if (rarely(2)) {
      path += "?q=" + one(VALUES) + (rarely(2) ? "&p" : "&q=v&p=vw");
    }
    String host = one(DOMAINS);
    host = rarely(3) ? "x." + host : host;
    host = rarely(4) ? host + ".y" : host;
    host = rarely(4) ? host + (rarely(2) ? ":80" : ":81") : host;
    host = rarely(5) ? host.toUpperCase(java.util.Locale.ROOT) : host;
    RequestHead head =
        heads
            .request()
            .start(rarely(6) ? (rarely(2) ? "CONNECT" : "PUT") : "GET", path, host, "http");
    while (!rarely(3)) {
      head.add(HeaderName.of(one(new String[] {"x-a", "x-b", "x-c"})), one(VALUES));
    }
    return head;
  }

  long chance() {
    return random.nextLong() >>> 1;
  }
}
