package io.heddle.proxy.engine.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.RouteConfig;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.VirtualHostConfig;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is compiled chooses what a reader of the table would choose. */
class CompiledRoutesTest {
  private static final long SEED = Long.getLong("heddle.routes.seed", 20261127);
  private static final int TABLES = 5_000;
  private static final int REQUESTS = 20;

  private static final FilterConfigs NO_FILTERS =
      new FilterConfigs(
          List.of(),
          (FilterFactoryContext)
              Proxy.newProxyInstance(
                  CompiledRoutesTest.class.getClassLoader(),
                  new Class<?>[] {FilterFactoryContext.class},
                  (_, method, _) -> method.getName().equals("runtime") ? RuntimeView.NONE : null));

  private static CompiledRoutes compile(RouteTable table, CompiledRoutes before) {
    List<ConfigError> errors = new ArrayList<>();
    CompiledRoutes compiled = CompiledRoutes.compile(table, before, NO_FILTERS, _ -> true, errors);
    assertThat(errors).isEmpty();
    return compiled;
  }

  // The very same route of the table.
  @SuppressWarnings("ReferenceEquality")
  @Test
  void choosesAsALinearReadingOfAHundredThousandTablesAndRequests() {
    RandomTables random = new RandomTables(SEED);
    Subject subject = Subjects.silent();
    int hits = 0;
    CompiledRoutes compiled = CompiledRoutes.EMPTY;
    for (int t = 0; t < TABLES; t++) {
      RouteTable table = random.table();
      compiled = compile(table, compiled);
      for (int r = 0; r < REQUESTS; r++) {
        RequestHead request = random.request();
        long chance = random.chance();
        RouteConfig wanted = LinearRoutes.match(table, request, chance);
        CompiledRoute found = compiled.match(request, subject, chance);
        if ((found == null ? null : found.config()) != wanted) {
          throw new AssertionError(
              "seed %d, table %d: %s %s %s takes %s, expected %s"
                  .formatted(
                      SEED,
                      t,
                      request.method(),
                      request.authority(),
                      request.path(),
                      found == null ? "none" : found.config(),
                      wanted));
        }
        hits += wanted == null ? 0 : 1;
        request.release();
      }
    }
    // Neither all nor none: the tables are worth comparing.
    assertThat(hits).isBetween(TABLES * REQUESTS / 5, TABLES * REQUESTS * 9 / 10);
  }

  @Test
  void aTableThatFollowsKeepsTheHostsThatAreTheSame() {
    RandomTables random = new RandomTables(SEED);
    RouteTable table = random.table();
    CompiledRoutes first = compile(table, CompiledRoutes.EMPTY);
    List<VirtualHostConfig> fewer = new ArrayList<>(table.virtualHosts());
    fewer.removeFirst();
    CompiledRoutes second = compile(table.withVirtualHosts(fewer), first);
    assertThat(second.all).isEqualTo(first.all.subList(1, first.all.size()));
  }

  @ParameterizedTest
  @CsvSource({
    "/a/[0-9]+/b, /a/, /b, /a/",
    "/abc, /abc, /abc, /abc",
    "'/ab*c', /a, c, /a",
    "/a|/b, '', '', ''",
    "'/x(a|b)y', /x, y, /x",
    "'[ab]/long/.*', '', '', /long/",
    "'/a\\.b?', /a., '', /a.",
    "'(?i)/a', '', '', ''",
    "'/a[^]]b', /a, b, /a",
    "'/a[[:alpha:]]b', '', '', ''",
    "'/a\\x41b', '', '', ''",
    "'/a{2}b', /, b, /",
  })
  void literalTextOfARegex(String regex, String prefix, String suffix, String within) {
    assertThat(RegexShape.of(regex)).isEqualTo(new RegexShape(prefix, suffix, within));
  }
}
