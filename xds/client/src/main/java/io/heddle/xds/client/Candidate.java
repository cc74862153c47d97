package io.heddle.xds.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.heddle.xds.model.ResourceType;
import java.time.Duration;

/** One resource of a response, before anybody has judged its content. */
sealed interface Candidate {

  String name();

  /** Well-formed as far as can be told without parsing. */
  record Usable(ReceivedResource resource, Duration ttl) implements Candidate {
    @Override
    public String name() {
      return resource.name();
    }
  }

  /** Cannot be handed on. */
  record Broken(String name, String why) implements Candidate {}

  /** Says that the resource lives on, without a body. */
  record KeepAlive(String name, Duration ttl) implements Candidate {}

  int MAX_NAME_LENGTH = 4096;
  String XDS_SCHEME = "xdstp:";
  String WRAPPER = "type.googleapis.com/envoy.service.discovery.v3.Resource";

  /** A member of a delta response. */
  static Candidate of(ResourceType type, Resource resource) {
    if (!resource.hasResource()) {
      return new KeepAlive(resource.getName(), ttl(resource));
    }
    return of(
        type, resource.getName(), resource.getVersion(), resource.getResource(), ttl(resource));
  }

  /** A member of a SotW response, which may come in delta's wrapper. */
  static Candidate of(ResourceType type, String version, Any body) {
    if (!body.getTypeUrl().equals(WRAPPER)) {
      return of(type, "", version, body, Duration.ZERO);
    }
    try {
      Resource wrapped = Resource.parseFrom(body.getValue());
      if (!wrapped.hasResource()) {
        return new KeepAlive(wrapped.getName(), ttl(wrapped));
      }
      return of(type, wrapped.getName(), version, wrapped.getResource(), ttl(wrapped));
    } catch (InvalidProtocolBufferException e) {
      return new Broken("", "cannot be decoded: " + e.getMessage());
    }
  }

  /** How long the resource lives without a word; zero is for ever. */
  private static Duration ttl(Resource resource) {
    long seconds = Math.clamp(resource.getTtl().getSeconds(), 0, 3_155_760_000L);
    return Duration.ofSeconds(seconds, Math.clamp(resource.getTtl().getNanos(), 0, 999_999_999));
  }

  private static Candidate of(
      ResourceType type, String name, String version, Any body, Duration ttl) {
    if (name.startsWith(XDS_SCHEME)) {
      return new Broken(name, "name: found an xdstp name, expected a plain one");
    }
    if (!body.getTypeUrl().equals(type.typeUrl())) {
      return new Broken(
          name, "resource.type_url: found " + body.getTypeUrl() + ", expected " + type.typeUrl());
    }
    String inner;
    try {
      inner = ResourceName.read(body.getValue());
    } catch (InvalidProtocolBufferException e) {
      return new Broken(name, "cannot be decoded: " + e.getMessage());
    }
    if (inner.isEmpty() || inner.length() > MAX_NAME_LENGTH) {
      String expected = ", expected 1 to " + MAX_NAME_LENGTH;
      return new Broken(name, "name: found " + inner.length() + " characters" + expected);
    }
    // A virtual host is named after its route table outside, and as it likes inside.
    boolean outer = type == ResourceType.VIRTUAL_HOSTS && !name.isEmpty();
    if (!name.isEmpty() && !name.equals(inner) && !outer) {
      return new Broken(name, "name: found " + inner + ", expected " + name + " as its wrapper");
    }
    return new Usable(new ReceivedResource(outer ? name : inner, version, body), ttl);
  }
}
