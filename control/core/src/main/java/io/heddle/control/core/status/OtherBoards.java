package io.heddle.control.core.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ProxySync;
import io.heddle.control.core.shared.Peers;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The boards of the other control planes, asked through what they share; and this one, for them.
 */
public final class OtherBoards implements Elsewhere {
  private static final Logger LOG = LoggerFactory.getLogger(OtherBoards.class);
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String OBJECTS = "status/objects";
  private static final String PROXIES = "status/proxies";
  private static final String UNKNOWN = "one of another version";

  private final Peers peers;

  private OtherBoards(Peers peers) {
    this.peers = peers;
  }

  /** Lets a board tell of what the others have, and them of what it has. */
  public static void join(StatusBoard board, Peers peers) {
    peers.answer(OBJECTS, question -> objects(board, tree(question)));
    peers.answer(PROXIES, question -> proxies(board));
    board.beside(new OtherBoards(peers));
  }

  private static JsonNode tree(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  // ---- objects

  @Override
  public Standing objects(Map<ObjectKey, Long> generations, Set<String> missing) {
    ObjectNode question = MAPPER.createObjectNode();
    ArrayNode objects = question.putArray("objects");
    generations.forEach((key, generation) -> {
      ObjectNode out = objects.addObject();
      key(key, out);
      out.put("generation", generation);
    });
    ArrayNode gone = question.putArray("missing");
    missing.forEach(gone::add);
    Map<ObjectKey, ProxySync> sums = new HashMap<>();
    Set<String> here = new HashSet<>();
    for (String text : peers.ask(OBJECTS, question.toString()).texts().values()) {
      try {
        JsonNode answer = tree(text);
        for (JsonNode node : answer.path("objects")) {
          sums.merge(key(node), sync(node), StatusBoard::sum);
        }
        answer.path("here").forEach(id -> here.add(id.asText()));
      } catch (IllegalArgumentException e) {
        LOG.warn("what another control plane says of objects is not understood", e);
      }
    }
    return new Standing(sums, here);
  }

  private static String objects(StatusBoard board, JsonNode question) {
    Map<ObjectKey, Long> generations = new LinkedHashMap<>();
    for (JsonNode node : question.path("objects")) {
      generations.put(key(node), node.path("generation").asLong());
    }
    ObjectNode answer = MAPPER.createObjectNode();
    ArrayNode objects = answer.putArray("objects");
    board
        .standing(generations)
        .forEach((key, sync) -> {
          ObjectNode out = objects.addObject();
          key(key, out);
          out.put("inSync", sync.inSync())
              .put("behind", sync.behind())
              .put("rejected", sync.rejected());
          ArrayNode named = out.putArray("rejectedBy");
          for (ProxySync.RejectedProxy one : sync.rejectedBy()) {
            named
                .addObject()
                .put("proxy", one.proxy())
                .put("resource", one.resource())
                .put("message", one.message());
          }
        });
    ArrayNode here = answer.putArray("here");
    for (JsonNode id : question.path("missing")) {
      if (board.connected(id.asText())) {
        here.add(id.asText());
      }
    }
    return answer.toString();
  }

  private static ProxySync sync(JsonNode node) {
    List<ProxySync.RejectedProxy> named = new ArrayList<>();
    for (JsonNode one : node.path("rejectedBy")) {
      named.add(
          new ProxySync.RejectedProxy(
              one.path("proxy").asText(),
              one.path("resource").asText(),
              one.path("message").asText()));
    }
    return new ProxySync(
        node.path("inSync").asInt(),
        node.path("behind").asInt(),
        node.path("rejected").asInt(),
        named);
  }

  private static void key(ObjectKey key, ObjectNode out) {
    out.put("kind", key.kind().name()).put("namespace", key.namespace()).put("name", key.name());
  }

  private static ObjectKey key(JsonNode node) {
    return new ObjectKey(
        Kind.valueOf(node.path("kind").asText()),
        node.path("namespace").asText(),
        node.path("name").asText());
  }

  // ---- proxies

  @Override
  public Known proxies() {
    Peers.Answers answers = peers.ask(PROXIES, "");
    List<ProxyState> all = new ArrayList<>();
    Set<String> silent = new HashSet<>(answers.silent());
    for (String text : answers.texts().values()) {
      Optional<List<ProxyState>> read = read(text);
      read.ifPresentOrElse(all::addAll, () -> silent.add(UNKNOWN));
    }
    return new Known(all, silent);
  }

  private static Optional<List<ProxyState>> read(String text) {
    List<ProxyState> states = new ArrayList<>();
    try {
      for (JsonNode node : tree(text).path("proxies")) {
        states.add(
            new ProxyState(
                node.path("id").asText(),
                node.path("kind").asText(),
                node.path("service").asText(),
                Instant.parse(node.path("since").asText()),
                ProxyState.State.valueOf(node.path("state").asText()),
                node.path("detail").asText()));
      }
      return Optional.of(states);
    } catch (IllegalArgumentException | DateTimeException e) {
      LOG.warn("what another control plane says of its proxies is not understood", e);
      return Optional.empty();
    }
  }

  private static String proxies(StatusBoard board) {
    ObjectNode answer = MAPPER.createObjectNode();
    ArrayNode proxies = answer.putArray("proxies");
    for (ProxyState state : board.proxies()) {
      proxies
          .addObject()
          .put("id", state.id())
          .put("kind", state.kind())
          .put("service", state.service())
          .put("since", state.since().toString())
          .put("state", state.state().name())
          .put("detail", state.detail());
    }
    return answer.toString();
  }
}
