package io.heddle.control.api.analysis;

import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.RouteSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Judges objects together.
 *
 * <p>{@link #ofFiles} knows objects alone. {@link #ofChange} also knows the instances, and tells
 * what a change brings: all about the objects that it touches, and of the others what was not so
 * before.
 */
public final class Analysis {
  private final Map<ObjectKey, ResourceObject> objects;
  private final @Nullable HealthyEndpoints endpoints;
  private final List<Finding> findings = new ArrayList<>();

  private Analysis(Map<ObjectKey, ResourceObject> objects, @Nullable HealthyEndpoints endpoints) {
    this.objects = objects;
    this.endpoints = endpoints;
  }

  /** What is wrong with these objects when they are all there is. */
  public static List<Finding> ofFiles(Map<ObjectKey, ResourceObject> objects) {
    return new Analysis(objects, null).run();
  }

  /**
   * What a change brings.
   *
   * @param touched what it creates, changes or removes
   * @param instances what is registered now
   */
  public static List<Finding> ofChange(
      Map<ObjectKey, ResourceObject> before,
      Map<ObjectKey, ResourceObject> after,
      Set<ObjectKey> touched,
      Collection<RegisteredInstance> instances) {
    HealthyEndpoints was = new HealthyEndpoints(before, instances);
    HealthyEndpoints becomes = new HealthyEndpoints(after, instances);
    Set<Finding> old = new HashSet<>(new Analysis(before, was).run());
    List<Finding> brought = new ArrayList<>(LostEndpoints.of(before, was, after, becomes));
    Set<String> lost = new HashSet<>();
    brought.forEach(finding -> lost.add(finding.object() + finding.field()));
    for (Finding finding : new Analysis(after, becomes).run()) {
      boolean said =
          finding.code() == FindingCode.BACKEND_EMPTY
              && lost.contains(finding.object() + finding.field());
      if (!said && (touched.contains(finding.object()) || !old.contains(finding))) {
        brought.add(finding);
      }
    }
    return List.copyOf(brought);
  }

  private List<Finding> run() {
    GatewayFindings.of(objects, findings);
    for (ResourceObject object : objects.values()) {
      if (object.spec() instanceof RouteSpec route) {
        RouteFindings.of(object, route, objects, endpoints, findings);
      }
    }
    ShadowFindings.of(objects, findings);
    EntryFindings.of(objects, findings);
    return findings;
  }
}
