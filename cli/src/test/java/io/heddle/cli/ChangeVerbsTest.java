package io.heddle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.heddle.cli.output.Terminal;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The verbs about changes: history, diff, rollback, why, and what apply can do beside applying. */
class ChangeVerbsTest {
  private static final String REVISION =
      """
      {"revision": "12", "at": "2026-11-24T11:59:00Z", "who": "alice", "from": "10.0.0.1",
       "how": "apply shop.yaml",
       "changes": [{"kind": "Service", "namespace": "default", "name": "web", "action": "configured",
         "before": {"kind": "Service", "metadata": {"name": "web", "generation": 1},
                    "spec": {"ports": [{"port": 80}]}},
         "after": {"kind": "Service", "metadata": {"name": "web", "generation": 2},
                    "spec": {"ports": [{"port": 81}]}, "status": {"observedGeneration": 2}}}]}
      """;
  private static final String APPLIED =
      """
      {"revision": "12", "results": [{"kind": "HTTPRoute", "namespace": "default", "name": "web",
        "action": "configured", "revision": "12"}],
       "findings": [{"code": "HDL-4001", "severity": "warning", "object": "HTTPRoute default/web",
         "field": "spec.rules[0].backendRefs[0]", "message": "Service default/x does not exist",
         "mend": "create the Service"}]}
      """;

  @TempDir private Path folder = Path.of("");
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final FakeControlPlane control = started();
  private boolean colour;

  private static FakeControlPlane started() {
    try {
      return new FakeControlPlane();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterEach
  void stop() {
    control.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"history", "diff", "rollback", "why", "token", "rollout"})
  void everyVerbHelpsWithExamplesIn80Columns(String verb) {
    assertThat(bare(verb, "--help")).isZero();
    assertThat(out.toString()).contains("Examples:", "heddle " + verb, "Exit codes:");
    assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void listsHistoryAndSaysWhatIsNoLongerKept() {
    control.answer(
        "GET /api/v1/history?kind=services&namespace=default&name=web",
        200,
        "{\"revision\": \"12\", \"oldestRevision\": \"7\", \"more\": false, \"revisions\": ["
            + REVISION
            + "]}");
    assertThat(run("history", "svc/web")).isZero();
    assertThat(out.toString())
        .containsSubsequence("NAME", "REVISION", "WHO", "AGE")
        .containsSubsequence(
            "service/web",
            "default",
            "configured",
            "12",
            "alice",
            "10.0.0.1",
            "apply shop.yaml",
            "60s");
    assertThat(err.toString()).contains("before 7 are no longer kept");
    assertThat(run("history", "--limit", "0")).isEqualTo(64);
    assertThat(run("history", "gizmos/x")).isEqualTo(64);
  }

  @Test
  void saysHowToSeeOlderOnes() {
    control.answer(
        "GET /api/v1/history?before=13&limit=1",
        200,
        "{\"oldestRevision\": \"1\", \"more\": true, \"revisions\": [" + REVISION + "]}");
    assertThat(run("history", "--limit", "1", "--before", "13")).isZero();
    assertThat(err.toString()).contains("heddle history --before 12");
  }

  @Test
  void showsADiffOfWhatUsersWrite() {
    control.answer("GET /api/v1/history/12", 200, REVISION);
    assertThat(run("diff", "12")).isZero();
    assertThat(out.toString())
        .contains(
            "--- service/default/web before 12\n",
            "+++ service/default/web revision 12\n",
            "-  - port: 80\n",
            "+  - port: 81\n")
        .doesNotContain("generation", "status", "\u001b");
    colour = true;
    assertThat(run("diff", "12")).isZero();
    assertThat(out.toString()).contains("\u001b[31m-  - port: 80", "\u001b[32m+  - port: 81");
  }

  @Test
  void diffsTwoRevisionsAndFailsOnAForgottenOne() {
    control.answer("GET /api/v1/diff?from=9&to=12", 200, "{\"changes\": []}");
    control.answer(
        "GET /api/v1/diff?from=1&to=12",
        410,
        "{\"errors\": [{\"code\": \"HDL-1008\", \"object\": \"revision 1\", \"message\":"
            + " \"gone\"}]}");
    assertThat(run("diff", "9", "12")).isZero();
    assertThat(err.toString()).contains("Nothing is different");
    assertThat(run("diff", "1", "12")).isEqualTo(1);
    assertThat(err.toString()).contains("HDL-1008");
  }

  @Test
  void takesARevisionBackOrSaysWhyNot() {
    control.answer("POST /api/v1/rollback?revision=12", 200, APPLIED);
    assertThat(run("rollback", "12")).isZero();
    assertThat(out.toString())
        .contains("httproute/web", "configured", "HDL-4001", "create the Service");

    control.answer(
        "POST /api/v1/rollback?revision=11",
        409,
        "{\"errors\": [{\"code\": \"HDL-1003\", \"object\": \"Service default/a\","
            + " \"message\": \"Service default/a: exists at revision 12\"}]}");
    assertThat(run("rollback", "11")).isEqualTo(2);
    assertThat(out.toString()).contains("Service default/a", "heddle history", "--force");
    assertThat(err.toString()).contains("Nothing was changed");

    control.answer("POST /api/v1/rollback?revision=11&dryRun=true&force=true", 200, APPLIED);
    assertThat(run("rollback", "11", "--dry-run", "--force")).isZero();
    assertThat(out.toString()).contains("configured (dry run)");
  }

  @Test
  void aDryRunShowsTheDifference() throws IOException {
    control.answer(
        "POST /api/v1/apply?dryRun=true", 200, REVISION.replace("\"changes\"", "\"results\""));
    assertThat(run("apply", "--dry-run", "-f", file())).isZero();
    assertThat(out.toString()).contains("configured (dry run)", "-  - port: 80", "+  - port: 81");
    assertThat(run("apply", "--dry-run", "--wait", "-f", file())).isEqualTo(64);
    assertThat(run("apply", "--timeout", "soon", "-f", file())).isEqualTo(64);
  }

  @Test
  void warningsPass() throws IOException {
    control.answer("POST /api/v1/apply", 200, APPLIED);
    assertThat(run("apply", "-f", file())).isZero();
    assertThat(out.toString()).contains("HDL-4001  warning: HTTPRoute default/web", "mend: create");
  }

  @Test
  void waitsUntilEveryProxyHasIt() throws IOException {
    control.answer("POST /api/v1/apply", 200, APPLIED);
    control.answer(
        "POST /api/v1/sync",
        200,
        "{\"published\": true, \"inSync\": 3, \"behind\": 0, \"rejected\": 0, \"proxies\": [],"
            + " \"objects\": []}");
    assertThat(run("apply", "--wait", "-f", file())).isZero();
    assertThat(out.toString()).contains("In force at 3 of 3 proxies");
  }

  @Test
  void saysWhichProxiesHaveItNotAndWhy() throws IOException {
    control.answer("POST /api/v1/apply", 200, APPLIED);
    control.answer(
        "POST /api/v1/sync",
        200,
        "{\"published\": true, \"inSync\": 1, \"behind\": 1, \"rejected\": 1, \"objects\": [],"
            + " \"proxies\": [{\"id\": \"p1\", \"state\": \"Rejected\", \"resource\": \"r\","
            + " \"message\": \"bad regex\"}, {\"id\": \"p2\", \"state\": \"Behind\","
            + " \"resource\": \"r\", \"message\": \"\"}]}");
    assertThat(run("apply", "--wait", "--timeout", "50ms", "-f", file())).isEqualTo(2);
    assertThat(out.toString())
        .contains("Not in force at 2 of 3 proxies", "p1", "bad regex", "p2", "not answered");

    assertThat(run("apply", "--wait", "--timeout", "50ms", "-f", file(), "-o", "json"))
        .isEqualTo(2);
    assertThat(json().at("/sync/proxies/1/id").asText()).isEqualTo("p2");
    assertThat(json().at("/sync/done").asBoolean(true)).isFalse();
  }

  @Test
  void asksAgainUntilARefusalIsSettled() throws IOException {
    control.answer("POST /api/v1/apply", 200, APPLIED);
    control.answer(
        "POST /api/v1/sync",
        200,
        "{\"published\": true, \"inSync\": 1, \"behind\": 0, \"rejected\": 1, \"objects\": [],"
            + " \"proxies\": [{\"id\": \"p1\", \"state\": \"Rejected\", \"message\": \"no\"}]}");
    assertThat(run("apply", "--wait", "--timeout", "30s", "-f", file())).isEqualTo(2);
    assertThat(control.seen().stream().filter(call -> call.startsWith("POST /api/v1/sync")))
        .hasSize(10);
  }

  @Test
  void explainsARequestAndAnswersTwoWhenItWouldBeRefused() {
    control.answer(
        "POST /api/v1/why",
        200,
        """
        {"request": {"method": "GET", "path": "/x"}, "from": "default/web",
         "listener": {"name": "outbound", "address": "127.0.0.1:15001"},
         "routes": {"name": "outbound/default", "version": "abc"},
         "virtualHost": {"name": "default/orders", "domain": "orders"},
         "considered": [{"route": "default/r/0/0", "matched": false, "why": "path /x is not /y"},
                        {"route": "default/r/1/0", "matched": true, "why": "matches"}],
         "clusters": [{"name": "default/orders", "share": 100, "known": true, "endpoints": [
           {"address": "127.0.0.1:9001", "health": "Healthy", "weight": 1, "locality": ""}]}],
         "policies": [{"at": "route", "name": "timeout", "value": "15s"}],
         "route": "default/r/1/0", "outcome": "Forwarded", "message": "sent on"}
        """);
    assertThat(run("why", "GET", "http://orders/x", "--from", "web", "--header", "x-a: 1"))
        .isZero();
    assertThat(out.toString())
        .contains(
            "Listener:  outbound on 127.0.0.1:15001",
            "path /x is not /y",
            "127.0.0.1:9001",
            "100.0 %",
            "route: timeout 15s",
            "Forwarded: sent on");
    control.answer("POST /api/v1/why", 200, "{\"outcome\": \"Refused\", \"message\": \"404\"}");
    assertThat(run("why", "GET", "http://orders/x", "--proxy", "p1", "-o", "json")).isEqualTo(2);
    assertThat(run("why", "GET", "http://orders/x")).isEqualTo(64);
    assertThat(run("why", "GET", "http://orders/x", "--from", "a", "--header", "x")).isEqualTo(64);
  }

  @Test
  void showsWarningsOfAValidationAndAnswersTwo() throws IOException {
    control.answer("POST /api/v1/validate", 200, APPLIED);
    assertThat(run("validate", "-f", file())).isEqualTo(2);
    assertThat(out.toString()).contains("HDL-4001", "no error(s), 1 warning(s)");
    assertThat(run("validate", "--offline", "-f", file())).isEqualTo(1);
    assertThat(err.toString()).contains("HDL-3008");
  }

  @Test
  void deletesInSpiteOfErrorsWhenForced() {
    control.answer(
        "DELETE /api/v1/services/default/web",
        422,
        "{\"errors\": [{\"code\": \"HDL-4006\", \"object\": \"HTTPRoute default/r\","
            + " \"message\": \"no healthy endpoint\", \"mend\": \"say --force\"}]}");
    control.answer("DELETE /api/v1/services/default/web?force=true", 200, "{}");
    assertThat(run("delete", "svc", "web")).isEqualTo(1);
    assertThat(err.toString()).contains("HDL-4006", "say --force");
    assertThat(run("delete", "svc", "web", "--force")).isZero();
  }

  @Test
  void makesListsAndRevokesTokens() throws IOException {
    control.answer(
        "POST /api/v1/tokens",
        200,
        "{\"name\": \"ci\", \"role\": \"edit\", \"service\": \"\", \"token\": \"hdl_secret\"}");
    assertThat(run("token", "create", "ci", "--role", "edit")).isZero();
    assertThat(out.toString()).isEqualTo("hdl_secret\n");
    Path file = folder.resolve("ci.token");
    assertThat(run("token", "create", "ci", "--role", "edit", "--out", file.toString())).isZero();
    assertThat(out.toString()).doesNotContain("hdl_secret");
    assertThat(Files.readString(file)).isEqualTo("hdl_secret\n");
    assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
    assertThat(run("token", "create", "ci", "--role", "edit", "--out", file.toString()))
        .as("a file that is there is not written over")
        .isEqualTo(1);

    control.answer(
        "GET /api/v1/tokens",
        200,
        "{\"tokens\": [{\"name\": \"orders\", \"role\": \"proxy\", \"service\": \"default/orders\","
            + " \"created\": \"2026-11-24T11:00:00Z\"}]}");
    assertThat(run("token", "list")).isZero();
    assertThat(out.toString())
        .isEqualTo("NAME    ROLE   SERVICE         AGE\norders  proxy  default/orders  60m\n");
    control.answer("DELETE /api/v1/tokens/ci", 200, "{\"name\": \"ci\"}");
    assertThat(run("token", "revoke", "ci")).isZero();
    assertThat(run("token", "revoke", "ghost")).isEqualTo(1);
    assertThat(run("token", "create", "ci")).isEqualTo(64);
    assertThat(run("token", "revoke")).isEqualTo(64);
    assertThat(run("token", "steal", "ci")).isEqualTo(64);
  }

  @Test
  void sendsTheTokenOfTheFileAndNeverInTheClearToAnotherMachine() throws IOException {
    control.answer("GET /api/v1/tokens", 200, "{\"tokens\": []}");
    Path file = Files.writeString(folder.resolve("token"), "hdl_mine\n");
    assertThat(run("token", "list", "--token-file", file.toString())).isZero();
    assertThat(control.authorizations()).containsExactly("Bearer hdl_mine");
    assertThat(
            bare("token", "list", "--api", "http://10.0.0.1:7070", "--token-file", file.toString()))
        .isEqualTo(64);
    assertThat(err.toString()).contains("https").doesNotContain("hdl_mine");
    assertThat(run("token", "list", "--token-file", folder.resolve("none").toString()))
        .isEqualTo(1);
    assertThat(err.toString()).contains("HDL-3004");
    assertThat(run("token", "list", "--ca", file.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("HDL-3004", file.toString());
  }

  private JsonNode json() {
    try {
      return new ObjectMapper().readTree(out.toString());
    } catch (JsonProcessingException e) {
      throw new AssertionError(out.toString(), e);
    }
  }

  private String file() throws IOException {
    return Files.writeString(folder.resolve("a.yaml"), "kind: x\n").toString();
  }

  private int run(String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--api", control.url(), "--state", folder.toString()));
    return bare(all.toArray(String[]::new));
  }

  private int bare(String... args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    Terminal terminal =
        new Terminal(
            new PrintWriter(out),
            new PrintWriter(err),
            new ByteArrayInputStream(new byte[0]),
            colour,
            Map.of(),
            Clock.fixed(Instant.parse("2026-11-24T12:00:00Z"), ZoneOffset.UTC));
    return Heddle.run(terminal, args);
  }
}
