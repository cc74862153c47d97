package io.heddle.cli.up;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Asks whether something answers yet. */
final class Readiness {
  private static final int MILLIS = 5_000;

  private Readiness() {}

  /**
   * An answer.
   *
   * @param status zero when nobody answered
   */
  record Answer(int status, String body) {}

  static Answer ask(String url) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection) URI.create(url).toURL().openConnection(Proxy.NO_PROXY);
      connection.setConnectTimeout(MILLIS);
      connection.setReadTimeout(MILLIS);
      int status = connection.getResponseCode();
      InputStream body = status >= 400 ? connection.getErrorStream() : connection.getInputStream();
      if (body == null) {
        return new Answer(status, "");
      }
      try (body) {
        return new Answer(status, new String(body.readNBytes(1 << 20), StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      return new Answer(0, String.valueOf(e.getMessage()));
    }
  }

  /** The services of the shop that an answer of the gateway has not crossed. */
  static List<String> notCrossed(Answer answer) {
    TreeSet<String> crossed = new TreeSet<>();
    if (answer.status() == 200) {
      try {
        JsonNode node = new ObjectMapper().readTree(answer.body());
        node.path("hops").forEach(hop -> crossed.add(hop.path("service").asText()));
      } catch (JacksonException e) {
        return ShopInstance.SERVICES;
      }
    }
    List<String> missing = new ArrayList<>(ShopInstance.SERVICES);
    missing.removeAll(crossed);
    return missing;
  }
}
