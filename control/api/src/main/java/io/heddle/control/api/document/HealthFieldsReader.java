package io.heddle.control.api.document;

import io.heddle.control.api.resource.ActiveCheck;
import io.heddle.control.api.resource.ActiveCheck.Asked;
import io.heddle.control.api.resource.ActiveCheck.Payload;
import io.heddle.control.api.resource.ActiveCheck.PayloadType;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Passive;
import io.heddle.control.api.resource.RouteTimeout;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Reads {@code healthCheck} of a {@code BackendTrafficPolicy}. */
final class HealthFieldsReader {
  private static final Syntax BASE64 =
      new Syntax("1 to 1024 bytes in base64", HealthFieldsReader::isBase64, "", 0);
  private static final Map<String, Function<Fields, Payload>> PAYLOADS = payloads();
  private static final Map<String, Function<Fields, Asked>> CHECKS = checks();

  private HealthFieldsReader() {}

  private static Map<String, Function<Fields, Payload>> payloads() {
    Map<String, Function<Fields, Payload>> forms = new LinkedHashMap<>();
    forms.put(
        PayloadType.TEXT.text(),
        fields -> new Payload(PayloadType.TEXT, fields.neededText("text", Syntax.upTo(1024))));
    forms.put(
        PayloadType.BINARY.text(),
        fields -> new Payload(PayloadType.BINARY, fields.neededText("binary", BASE64)));
    return forms;
  }

  private static boolean isBase64(String text) {
    try {
      int bytes = Base64.getDecoder().decode(text).length;
      return bytes > 0 && bytes <= 1024;
    } catch (IllegalArgumentException malformed) {
      return false;
    }
  }

  private static Map<String, Function<Fields, Asked>> checks() {
    Map<String, Function<Fields, Asked>> forms = new LinkedHashMap<>();
    forms.put(
        "HTTP",
        active -> {
          Fields http = active.neededMapping("http", "what is asked");
          String hostname = http.text("hostname", Syntax.HOSTNAME);
          String path = http.neededText("path", Syntax.PATH);
          String method = http.text("method", Syntax.METHOD);
          List<Integer> statuses = http.integers("expectedStatuses", 16, 100, 599);
          Payload response = payload(http, "expectedResponse");
          http.notYet("retriableStatuses");
          http.end();
          if (method.equals("CONNECT")) {
            http.wrong("method", "CONNECT", "another method");
          }
          return new Asked.Http(hostname, path, method, statuses, response);
        });
    forms.put(
        "TCP",
        active -> {
          Fields tcp = active.mapping("tcp");
          Payload send = payload(tcp, "send");
          Payload receive = payload(tcp, "receive");
          tcp.end();
          if (send.type() != PayloadType.NONE && receive.type() == PayloadType.NONE) {
            tcp.wrong("receive", "missing", "what is received, beside send");
          }
          return new Asked.Tcp(send, receive);
        });
    forms.put(
        "GRPC",
        active -> {
          Fields grpc = active.mapping("grpc");
          String service = grpc.text("service", Syntax.upTo(1024));
          grpc.end();
          return new Asked.Grpc(service);
        });
    return forms;
  }

  private static Payload payload(Fields of, String field) {
    boolean stated = of.states(field);
    Fields payload = of.mapping(field);
    Payload read = payload.variantIf(stated, "type", PAYLOADS).orElse(Payload.NONE);
    payload.end();
    return read;
  }

  static ActiveCheck active(Fields health) {
    boolean stated = health.states("active");
    Fields active = health.mapping("active");
    RouteTimeout timeout = HttpRouteReader.timeout(active, "timeout");
    RouteTimeout interval = HttpRouteReader.timeout(active, "interval");
    RouteTimeout jitter = HttpRouteReader.timeout(active, "initialJitter");
    int unhealthy = active.integer("unhealthyThreshold", 1, 1000, -1);
    int healthy = active.integer("healthyThreshold", 1, 1000, -1);
    Asked asked = active.variantIf(stated, "type", CHECKS).orElse(Asked.Nothing.NOTHING);
    active.notYet("overrides");
    active.end();
    notZero(active, "timeout", timeout);
    notZero(active, "interval", interval);
    return new ActiveCheck(asked, timeout, interval, jitter, unhealthy, healthy);
  }

  private static void notZero(Fields of, String field, RouteTimeout time) {
    if (time instanceof RouteTimeout.Disabled) {
      of.wrong(field, "0s", "at least 1ms");
    }
  }

  static Passive passive(Fields health) {
    boolean stated = health.states("passive");
    Fields passive = health.mapping("passive");
    boolean split = passive.flag("splitExternalLocalOriginErrors", false);
    RouteTimeout interval = HttpRouteReader.timeout(passive, "interval");
    RouteTimeout ejection = HttpRouteReader.timeout(passive, "baseEjectionTime");
    int most = passive.integer("maxEjectionPercent", 0, 100, -1);
    boolean one = passive.flag("alwaysEjectOneEndpoint", true);
    int answers = passive.integer("consecutive5XxErrors", 0, Integer.MAX_VALUE, -1);
    int gateway = passive.integer("consecutiveGatewayErrors", 0, Integer.MAX_VALUE, -1);
    int local = passive.integer("consecutiveLocalOriginFailures", 0, Integer.MAX_VALUE, -1);
    int percentage = passive.integer("failurePercentageThreshold", 0, 100, -1);
    passive.end();
    notZero(passive, "interval", interval);
    notZero(passive, "baseEjectionTime", ejection);
    if (local >= 0 && !split) {
      passive.wrong(
          "consecutiveLocalOriginFailures",
          "without splitExternalLocalOriginErrors",
          "splitExternalLocalOriginErrors: true beside it");
    }
    return new Passive(
        stated, split, interval, ejection, most, answers, gateway, local, percentage, one);
  }
}
