package io.heddle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.heddle.cli.output.Terminal;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExplainCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    Terminal terminal =
        new Terminal(
            new PrintWriter(out),
            new PrintWriter(err),
            new ByteArrayInputStream(new byte[0]),
            false,
            Map.of(),
            Clock.systemUTC());
    return Heddle.run(terminal, arguments);
  }

  @Test
  void listsTheKinds() {
    assertThat(run("explain")).isZero();
    assertThat(out.toString()).startsWith("NAME ").contains("httproutes", "GRPCRoute", "secrets");
  }

  @Test
  void tellsWhatAFieldIsForIn80Columns() {
    assertThat(run("explain", "httproute.spec.rules.timeouts")).isZero();
    assertThat(out.toString())
        .contains(
            "KIND:     HTTPRoute", "FIELD:    spec.rules.timeouts  <object>", "backendRequest")
        .contains("left out: 15 s");
    assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
    assertThat(run("explain", "gateway.spec.listeners.protocol")).isZero();
    assertThat(out.toString()).contains("One of: HTTP, HTTPS, TLS, TCP.");
    assertThat(run("explain", "HTTPRoute.spec.rules.backendRefs.weight")).isZero();
    assertThat(out.toString()).contains("From 0 to 1000000.", "Unless stated: 1.");
  }

  @Test
  void printsTheSchemaItself() throws JsonProcessingException {
    assertThat(run("explain", "svc", "-o", "json")).isZero();
    JsonNode schema = new ObjectMapper().readTree(out.toString());
    assertThat(schema.path("$schema").asText()).contains("2020-12");
    assertThat(schema.at("/properties/spec/properties/ports/items/properties/port/maximum").asInt())
        .isEqualTo(65_535);
  }

  @Test
  void namesTheFieldsThatThereAre() {
    assertThat(run("explain", "service.spec.port")).isEqualTo(64);
    assertThat(err.toString())
        .contains("unknown field: port of Service.spec (expected: one of selector, type, ports)");
    assertThat(run("explain", "pod")).isEqualTo(64);
  }
}
