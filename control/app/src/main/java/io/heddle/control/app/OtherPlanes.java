package io.heddle.control.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.core.shared.Peers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The other control planes of the same store, which know of the proxies that are connected to them.
 * Any thread that may wait.
 */
final class OtherPlanes {
  private static final Logger LOG = LoggerFactory.getLogger(OtherPlanes.class);
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Optional<Peers> peers;

  /**
   * Those that can be asked.
   *
   * @param peers empty where this control plane is the only one
   */
  OtherPlanes(Optional<Peers> peers) {
    this.peers = peers;
  }

  /** What one control plane knows by itself; empty where it knows nothing of it. */
  @FunctionalInterface
  interface Own {
    Optional<ApiAnswer> answer(JsonNode question) throws ApiRequest.Wrong;
  }

  /**
   * What they said.
   *
   * @param silent those that are there and did not say anything
   */
  record Answers(List<ApiAnswer> known, Set<String> silent) {
    Answers {
      known = List.copyOf(known);
      silent = Set.copyOf(silent);
    }
  }

  /** From now on they are answered, too. */
  void serve(String topic, Own own) {
    peers.ifPresent(others -> others.answer(topic, text -> answered(own, text)));
  }

  private static String answered(Own own, String text) {
    try {
      Optional<ApiAnswer> answer = own.answer(MAPPER.readTree(text));
      ObjectNode out = MAPPER.createObjectNode();
      answer.ifPresent(known -> out.put("status", known.status()).set("body", known.body()));
      return out.toString();
    } catch (ApiRequest.Wrong wrong) {
      ApiAnswer answer = wrong.answer();
      ObjectNode out = MAPPER.createObjectNode().put("status", answer.status());
      out.set("body", answer.body());
      return out.toString();
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** Asks all. */
  Answers ask(String topic, JsonNode question) {
    if (peers.isEmpty()) {
      return new Answers(List.of(), Set.of());
    }
    Peers.Answers answers = peers.get().ask(topic, question.toString());
    List<ApiAnswer> known = new ArrayList<>();
    for (Map.Entry<String, String> each : answers.texts().entrySet()) {
      try {
        JsonNode answer = MAPPER.readTree(each.getValue());
        if (answer.path("body") instanceof ObjectNode body) {
          known.add(new ApiAnswer(answer.path("status").asInt(), body));
        }
      } catch (JsonProcessingException e) {
        LOG.warn("what control plane {} says is not understood", each.getKey(), e);
      }
    }
    return new Answers(known, answers.silent());
  }

  /** What is known of something that one control plane has, here or elsewhere. */
  Optional<ApiAnswer> find(String topic, JsonNode question, Own own) throws ApiRequest.Wrong {
    Optional<ApiAnswer> here = own.answer(question);
    return here.isPresent() ? here : ask(topic, question).known().stream().findFirst();
  }
}
