package io.heddle.xds.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.heddle.xds.model.ResourceType;

/** One resource of a response, before anybody has judged its content. */
sealed interface Candidate {

  String name();

  /** Well-formed as far as can be told without parsing. */
  record Usable(ReceivedResource resource) implements Candidate {
    @Override
    public String name() {
      return resource.name();
    }
  }

  /** Cannot be handed on. */
  record Broken(String name, String why) implements Candidate {}

  /** Says that the resource lives on, without a body. */
  record KeepAlive(String name) implements Candidate {}

  int MAX_NAME_LENGTH = 4096;
  String WRAPPER = "type.googleapis.com/envoy.service.discovery.v3.Resource";

  /** A member of a delta response. */
  static Candidate of(ResourceType type, Resource resource) {
    if (!resource.hasResource()) {
      return new KeepAlive(resource.getName());
    }
    return of(type, resource.getName(), resource.getVersion(), resource.getResource());
  }

  /** A member of a SotW response, which may come in delta's wrapper. */
  static Candidate of(ResourceType type, String version, Any body) {
    if (!body.getTypeUrl().equals(WRAPPER)) {
      return of(type, "", version, body);
    }
    try {
      Resource wrapped = Resource.parseFrom(body.getValue());
      if (!wrapped.hasResource()) {
        return new KeepAlive(wrapped.getName());
      }
      return of(type, wrapped.getName(), version, wrapped.getResource());
    } catch (InvalidProtocolBufferException e) {
      return new Broken("", "cannot be decoded: " + e.getMessage());
    }
  }

  private static Candidate of(ResourceType type, String name, String version, Any body) {
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
    if (!name.isEmpty() && !name.equals(inner)) {
      return new Broken(name, "name: found " + inner + ", expected " + name + " as its wrapper");
    }
    return new Usable(new ReceivedResource(inner, version, body));
  }
}
