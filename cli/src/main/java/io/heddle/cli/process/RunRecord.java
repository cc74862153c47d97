package io.heddle.cli.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is known of one process, enough to recognise it and to start exactly the same again.
 *
 * @param name unique in its folder
 * @param role control, gateway, sidecar, service or supervisor
 * @param start see {@link ProcessIdentity#start}
 * @param command the whole command
 * @param environment what was added to the inherited environment
 * @param directory working folder
 * @param log where its output goes
 * @param ports by what they are for
 * @param state {@code starting}, {@code running}, {@code ready} or {@code ended}
 */
public record RunRecord(
    String name,
    String role,
    long pid,
    String start,
    List<String> command,
    Map<String, String> environment,
    String directory,
    String log,
    Map<String, Integer> ports,
    String state) {
  /** The name of the record that {@code heddle up} keeps of itself. */
  public static final String SUPERVISOR = "supervisor";

  public static final String RUNNING = "running";
  public static final String READY = "ready";
  public static final String ENDED = "ended";

  public RunRecord {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
    ports = Map.copyOf(ports);
  }

  public boolean ended() {
    return state.equals(ENDED);
  }

  public RunRecord withState(String newState) {
    return new RunRecord(
        name, role, pid, start, command, environment, directory, log, ports, newState);
  }

  ObjectNode json() {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("name", name).put("role", role).put("pid", pid).put("start", start);
    command.forEach(node.putArray("command")::add);
    environment.forEach(node.putObject("environment")::put);
    node.put("directory", directory).put("log", log);
    ports.forEach(node.putObject("ports")::put);
    return node.put("state", state);
  }

  static RunRecord of(JsonNode node) {
    List<String> command = new ArrayList<>();
    node.path("command").forEach(word -> command.add(word.asText()));
    Map<String, String> environment = new LinkedHashMap<>();
    node.path("environment")
        .properties()
        .forEach(entry -> environment.put(entry.getKey(), entry.getValue().asText()));
    Map<String, Integer> ports = new LinkedHashMap<>();
    node.path("ports")
        .properties()
        .forEach(entry -> ports.put(entry.getKey(), entry.getValue().asInt()));
    return new RunRecord(
        node.path("name").asText(),
        node.path("role").asText(),
        node.path("pid").asLong(),
        node.path("start").asText(),
        command,
        environment,
        node.path("directory").asText(),
        node.path("log").asText(),
        ports,
        node.path("state").asText());
  }
}
