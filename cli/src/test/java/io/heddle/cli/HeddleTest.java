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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeddleTest {
  private static final String GOOD_STATUS =
      """
      {"revision": "7",
       "services": [
         {"namespace": "default", "name": "web", "instances": [
           {"instance": "web-1", "address": "127.0.0.1", "port": 20001, "version": "v1",
            "health": "Healthy", "presence": "Live", "since": "2026-11-24T11:59:30Z"}]},
         {"namespace": "default", "name": "catalog-v1", "instances": []}],
       "proxies": [
         {"id": "sidecar~default~web-1", "kind": "sidecar", "service": "web",
          "connectedSince": "2026-11-24T11:50:00Z", "state": "InSync", "detail": ""}],
       "objects": [
         {"kind": "HTTPRoute", "namespace": "default", "name": "web",
          "conditions": {"Accepted": "True", "Programmed": "Unknown"}, "rejected": 0}]}
      """;
  private static final String ERRORS =
      """
      {"errors": [{"code": "HDL-1001", "file": "", "line": 4, "object": "Service default/x",
        "field": "spec.ports[0].port", "offending": "0", "expected": "1 to 65535",
        "message": "0 (expected: 1 to 65535)"}]}
      """;
  private static final String ROUTE =
      """
      {"metadata": {"name": "web", "namespace": "default", "generation": 3,
                    "creationTimestamp": "2026-11-24T09:00:00Z"},
       "spec": {"parentRefs": [{"name": "demo"}]},
       "status": {"observedGeneration": 3,
         "conditions": [{"type": "ResolvedRefs", "status": "False", "reason": "BackendNotFound",
                         "message": "Service default/nobody does not exist"}],
         "proxies": {"inSync": 1, "behind": 0, "rejected": 1,
                     "rejectedBy": [{"proxy": "gateway~default~demo", "resource": "r", "message": "no"}]}}}
      """;

  @TempDir private Path folder = Path.of("");
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final FakeControlPlane control = started();

  private static FakeControlPlane started() {
    try {
      return new FakeControlPlane();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @BeforeEach
  void answerStatus() {
    control.answer("GET /api/v1/status", 200, GOOD_STATUS);
  }

  @AfterEach
  void stop() {
    control.close();
  }

  @Test
  void listsEveryVerbInHelp() {
    assertThat(bare("--help")).isZero();
    assertThat(out.toString())
        .contains("up ", "down ", "status ", "apply ", "bootstrap ", "sidecar ")
        .doesNotContain("rehearse");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "up",
        "down",
        "status",
        "apply",
        "get",
        "describe",
        "delete",
        "accept-expiry",
        "validate",
        "explain",
        "bootstrap",
        "experiment"
      })
  void everyVerbHelpsWithExamplesIn80Columns(String verb) {
    assertThat(bare(verb, "--help")).isZero();
    assertThat(out.toString()).contains("Examples:", "heddle " + verb, "Exit codes:");
    assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void answers64ToEveryWrongCommandLine() {
    assertThat(bare("fly")).isEqualTo(64);
    assertThat(bare("sidecar")).isEqualTo(64);
    assertThat(run("status", "--nonsense")).isEqualTo(64);
    assertThat(run("get", "gizmos")).isEqualTo(64);
    assertThat(run("get", "services", "-o", "xml")).isEqualTo(64);
    assertThat(run("apply")).isEqualTo(64);
    assertThat(run("delete")).isEqualTo(64);
    assertThat(bare("status", "--api", "ftp://x")).isEqualTo(64);
    assertThat(bare("up", "--api-port", "0")).isEqualTo(64);
    assertThat(bare("up", "--api-port", "8000")).isEqualTo(64);
    assertThat(bare("up", "--instances", "21")).isEqualTo(64);
    assertThat(bare("bootstrap", "--envoy", "--control", "a:1")).isEqualTo(64);
    assertThat(bare("bootstrap", "--envoy", "--control", "a", "--gateway", "g")).isEqualTo(64);
    assertThat(bare("bootstrap", "--envoy", "--control", "a:1", "--gateway", "x\"y")).isEqualTo(64);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void namesTheAddressThatCannotBeReached() {
    control.close();

    assertThat(run("status")).isEqualTo(1);
    assertThat(err.toString()).contains("HDL-3001", control.url(), "mend: ");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void refusesAnAnswerThatIsNoJson() {
    control.answer("GET /api/v1/status", 200, "<html>");

    assertThat(run("status")).isEqualTo(1);
    assertThat(err.toString()).contains("HDL-3002");
  }

  @Test
  void statusIsZeroWhileAllIsWell() {
    assertThat(run("status")).isZero();
    assertThat(out.toString())
        .containsSubsequence(
            "NAME", "AGE", "web-1", "web", "v1", "127.0.0.1:20001", "Healthy", "30s")
        .contains("sidecar~default~web-1", "InSync", "10m", "catalog-v1", "All well")
        .doesNotContain("\u001b");
  }

  @Test
  void statusIsTwoWithAFindingForEachTrouble() throws JsonProcessingException {
    control.answer(
        "GET /api/v1/status",
        200,
        GOOD_STATUS
            .replace("\"Healthy\"", "\"Unhealthy\"")
            .replace("\"Live\"", "\"Grace\"")
            .replace("\"InSync\", \"detail\": \"\"", "\"Rejected\", \"detail\": \"bad regex\"")
            .replace("\"Accepted\": \"True\"", "\"Accepted\": \"False\""));

    assertThat(run("status")).isEqualTo(2);
    assertThat(out.toString())
        .contains("HDL-2001", "HDL-2003", "bad regex", "HDL-2006", "HDL-2007");

    out.getBuffer().setLength(0);
    assertThat(run("status", "-o", "json")).isEqualTo(2);
    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.path("findings")).hasSize(4);
    assertThat(json.at("/findings/0/code").asText()).isEqualTo("HDL-2001");
    assertThat(json.at("/services/0/name").asText()).isEqualTo("web");
  }

  @Test
  void appliesAFileAndShowsWhatChanged() throws IOException {
    control.answer(
        "POST /api/v1/apply",
        200,
        """
        {"results": [{"kind": "HTTPRoute", "namespace": "default", "name": "web",
                      "action": "created", "revision": 4}]}
        """);

    assertThat(run("apply", "-f", file("a.yaml"))).isZero();
    assertThat(out.toString()).containsSubsequence("NAME", "REVISION", "httproute/web", "created");
    assertThat(control.seen())
        .containsExactly("POST /api/v1/apply " + folder.resolve("a.yaml") + " 8");
  }

  @Test
  void appliesNoneOfSeveralFilesWhenOneHasErrors() throws IOException {
    control.answer("POST /api/v1/validate", 422, ERRORS);

    assertThat(run("apply", "-f", file("a.yaml"), "-f", file("b.yaml"))).isEqualTo(2);
    assertThat(control.seen()).noneMatch(call -> call.startsWith("POST /api/v1/apply"));
    assertThat(out.toString())
        .contains("a.yaml:4", "b.yaml:4", "spec.ports[0].port: 0 (expected: 1 to 65535)");
    assertThat(err.toString()).contains("Nothing was changed");
  }

  @Test
  void readsStandardInputForADash() {
    control.answer("POST /api/v1/apply", 200, "{\"results\":[]}");

    assertThat(run("apply", "-f", "-")).isZero();
    assertThat(control.seen()).containsExactly("POST /api/v1/apply (standard input) 5");
  }

  @Test
  void validateIsTwoWithErrorsAndZeroWithout() throws IOException {
    control.answer("POST /api/v1/validate", 422, ERRORS);
    assertThat(run("validate", "-f", file("a.yaml"))).isEqualTo(2);
    assertThat(out.toString()).contains("HDL-1001", "a.yaml:4", "Service default/x", "mend: ");

    out.getBuffer().setLength(0);
    assertThat(run("validate", "-f", file("a.yaml"), "-o", "json")).isEqualTo(2);
    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.at("/errors/0/field").asText()).isEqualTo("spec.ports[0].port");

    control.answer("POST /api/v1/validate", 200, "{\"errors\":[]}");
    assertThat(run("validate", "-f", file("a.yaml"))).isZero();
  }

  @Test
  void namesAFileThatIsMissing() {
    assertThat(run("apply", "-f", "/nonexistent/x.yaml")).isEqualTo(1);
    assertThat(err.toString()).contains("HDL-3004", "/nonexistent/x.yaml");
  }

  @Test
  void listsObjectsWithNameFirstAndAgeLast() {
    control.answer("GET /api/v1/httproutes", 200, "{\"items\":[" + ROUTE + "]}");

    assertThat(run("get", "HTTPRoutes.gateway.networking.k8s.io")).isZero();
    assertThat(out.toString().lines().toList())
        .containsExactly(
            "NAME  NAMESPACE  PARENTS  STATUS           PROXIES         AGE",
            "web   default    demo     BackendNotFound  1/2 (1 refuse)  3h");
  }

  @Test
  void showsOneObjectAsYaml() {
    control.answer("GET /api/v1/httproutes/default/web", 200, ROUTE);

    assertThat(run("get", "route", "web", "-o", "yaml")).isZero();
    assertThat(out.toString()).contains("metadata:\n  name: web\n", "  generation: 3\n");
  }

  @Test
  void describesWhatTheMeshMadeOfAnObject() {
    control.answer("GET /api/v1/httproutes/default/web", 200, ROUTE);

    assertThat(run("describe", "httproute", "web")).isZero();
    assertThat(out.toString())
        .contains(
            "Generation:  3 (observed: 3)",
            "ResolvedRefs: False (BackendNotFound)",
            "Service default/nobody does not exist",
            "1 in sync, 0 behind, 1 refuse",
            "gateway~default~demo");
  }

  @Test
  void describesWhatIsInForceForAServiceAndFromWhere() {
    control.answer(
        "GET /api/v1/services/default/orders",
        200,
        "{\"metadata\": {\"name\": \"orders\"}, \"spec\": {\"ports\": [{\"port\": 80}]}}");
    control.answer(
        "GET /api/v1/governance?namespace=default&service=orders",
        200,
        """
        {"settings": [{"field": "retry.numRetries", "value": "2", "from": "default"}],
         "routes": [{"field": "timeouts.request", "value": "3s", "from": "HTTPRoute default/r rule 0"}],
         "shadow": []}
        """);

    assertThat(run("describe", "svc", "orders")).isZero();
    assertThat(out.toString())
        .containsPattern(
            "In force for its calls.*\n  FIELD +VALUE +FROM\n  retry.numRetries +2 +default")
        .contains("Routes to it state:", "HTTPRoute default/r rule 0")
        .doesNotContain("Shadow");
    assertThat(run("describe", "svc", "orders", "-o", "json")).isZero();
    assertThat(out.toString()).contains("\"governance\" : {");
  }

  @Test
  void deletesWhatFilesName() throws IOException {
    Path file = folder.resolve("d.yaml");
    Files.writeString(
        file,
        """
        kind: Service
        metadata: {name: a}
        ---
        kind: Gateway
        metadata: {name: b, namespace: n}
        """);
    control.answer("DELETE /api/v1/services/default/a", 200, "{}");
    control.answer("DELETE /api/v1/gateways/n/b", 204, "");

    assertThat(run("delete", "-f", file.toString())).isZero();
    assertThat(out.toString()).isEqualTo("service/a deleted\ngateway/b deleted\n");
  }

  @Test
  void deletesTheOthersWhenOneIsGone() throws IOException {
    Path file = folder.resolve("d.yaml");
    Files.writeString(
        file,
        """
        kind: List
        items:
        - {kind: Service, metadata: {name: ghost}}
        - {kind: Service, metadata: {name: a}}
        ---
        kind: Gateway
        metadata: {name: b, namespace: n}
        """);
    control.answer("DELETE /api/v1/services/default/a", 200, "{}");
    control.answer("DELETE /api/v1/gateways/n/b", 204, "");

    assertThat(run("delete", "-f", file.toString())).isEqualTo(1);
    assertThat(out.toString()).isEqualTo("service/a deleted\ngateway/b deleted\n");
    assertThat(err.toString()).contains("HDL-1004");

    out.getBuffer().setLength(0);
    assertThat(run("delete", "-f", file.toString(), "-o", "json")).isEqualTo(1);
    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.at("/results/1/name").asText()).isEqualTo("b");
    assertThat(json.at("/results/1/action").asText()).isEqualTo("deleted");
    assertThat(json.at("/errors/0/code").asText()).isEqualTo("HDL-1004");
  }

  @Test
  void listsEveryConflictAndAnswersTwo() throws IOException {
    control.answer(
        "POST /api/v1/apply",
        409,
        """
        {"errors": [
          {"code": "HDL-1003", "object": "Service default/a", "message": "a: changed"},
          {"code": "HDL-1003", "object": "Service default/b", "message": "b: changed"}]}
        """);

    assertThat(run("apply", "-f", file("a.yaml"))).isEqualTo(2);
    assertThat(out.toString())
        .contains("Service default/a", "Service default/b", "a.yaml", "heddle get KIND NAME")
        .doesNotContain("change this line");
  }

  @Test
  void saysWhyItFailedInTheFormatThatWasAskedFor() throws JsonProcessingException {
    assertThat(run("get", "service", "ghost", "-o", "json")).isEqualTo(1);
    JsonNode json = new ObjectMapper().readTree(err.toString());
    assertThat(json.at("/error/code").asText()).isEqualTo("HDL-1004");
    assertThat(json.at("/error/message").asText()).isEqualTo("no such");
    assertThat(json.at("/error/mend").asText()).isNotEmpty();
    assertThat(out.toString()).isEmpty();

    err.getBuffer().setLength(0);
    assertThat(run("apply", "-o", "yaml", "-f", "/nonexistent/x.yaml")).isEqualTo(1);
    assertThat(err.toString()).startsWith("error:\n  code: HDL-3004\n");
  }

  @Test
  void refusesAFileThatTheControlPlaneWouldRefuse() throws IOException {
    Path file = Files.writeString(folder.resolve("large.yaml"), "#".repeat((4 << 20) + 1));
    assertThat(run("apply", "-f", file.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("HDL-3004", "at most 4 MiB");
    assertThat(control.seen()).isEmpty();
  }

  @Test
  void letsHeldInstancesGo() throws JsonProcessingException {
    control.answer("POST /api/v1/registry/accept-expiry", 200, "{\"accepted\": 3}");
    assertThat(run("accept-expiry")).isZero();
    assertThat(out.toString()).isEqualTo("3 instance(s) let go.\n");

    out.getBuffer().setLength(0);
    assertThat(run("accept-expiry", "-o", "json")).isZero();
    assertThat(new ObjectMapper().readTree(out.toString()).path("accepted").asInt()).isEqualTo(3);
  }

  @Test
  void statusTellsHowToEndAnIsolationAndOfACheckpointThatFails() {
    control.answer(
        "GET /api/v1/status",
        200,
        GOOD_STATUS
            .replace("\"Live\"", "\"Held\"")
            .replace(
                "{\"revision\"",
                "{\"registry\": {\"isolated\": true, \"held\": 1, \"checkpointFailed\": true},"
                    + " \"revision\""));
    assertThat(run("status")).isEqualTo(2);
    assertThat(out.toString()).contains("HDL-2007", "heddle accept-expiry", "HDL-2008");
  }

  @Test
  void statusShowsARolloutAndAControlPlaneThatSaysNothing() {
    control.answer(
        "GET /api/v1/status",
        200,
        GOOD_STATUS.replace(
            "{\"revision\"",
            "{\"rollout\": {\"id\": 7, \"what\": \"web.yaml\", \"phase\": \"running\", \"stage\":"
                + " \"canary\"}, \"silent\": [\"10.0.0.2:7071\"], \"revision\""));
    assertThat(run("status")).isEqualTo(2);
    assertThat(out.toString())
        .contains(
            "7 (web.yaml): running at stage canary",
            "HDL-2009",
            "control plane 10.0.0.2:7071: does not say which proxies it has");
  }

  @Test
  void passesOnWhyTheControlPlaneRefused() {
    assertThat(run("delete", "service", "ghost")).isEqualTo(1);
    assertThat(err.toString()).contains("HDL-1004", "no such");
  }

  @Test
  void downFindsNothingToEnd() {
    assertThat(bare("down", "--state", folder.toString())).isZero();
    assertThat(out.toString()).contains("Nothing was running");
  }

  @Test
  void upSaysWhenTheLauncherIsMissing() {
    assertThat(bare("up", "--state", folder.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("HDL-3008");
  }

  private String file(String name) throws IOException {
    return Files.writeString(folder.resolve(name), "kind: x\n").toString();
  }

  /** With {@code --api} and an empty {@code --state}. */
  private int run(String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--api", control.url(), "--state", folder.toString()));
    return bare(all.toArray(String[]::new));
  }

  private int bare(String... args) {
    Terminal terminal =
        new Terminal(
            new PrintWriter(out),
            new PrintWriter(err),
            new ByteArrayInputStream("a: 1\n".getBytes(StandardCharsets.UTF_8)),
            false,
            Map.of(),
            Clock.fixed(Instant.parse("2026-11-24T12:00:00Z"), ZoneOffset.UTC));
    return Heddle.run(terminal, args);
  }
}
