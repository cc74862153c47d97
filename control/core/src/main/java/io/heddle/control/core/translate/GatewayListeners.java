package io.heddle.control.core.translate;

import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.core.translate.Verdict.Problem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which listeners of a Gateway are in force.
 *
 * @param inForce without those whose port and hostname an earlier one has
 * @param addresses what the Gateway asks to be bound, IP addresses only; empty: the proxy's choice
 */
record GatewayListeners(
    List<GatewaySpec.Listener> inForce, List<String> addresses, Verdict verdict) {
  GatewayListeners {
    inForce = List.copyOf(inForce);
    addresses = List.copyOf(addresses);
  }

  static GatewayListeners of(ResourceObject gateway) {
    GatewaySpec spec = (GatewaySpec) gateway.spec();
    List<Problem> problems = new ArrayList<>();
    List<GatewaySpec.Listener> inForce = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    for (GatewaySpec.Listener listener : spec.listeners()) {
      if (taken.add(listener.port() + " " + Hostnames.normal(listener.hostname()))) {
        inForce.add(listener);
      } else {
        problems.add(
            new Problem(
                "ListenersNotValid",
                "listener "
                    + listener.name()
                    + " has the port and hostname of an earlier one (expected: a different one)"));
      }
    }
    List<String> addresses = new ArrayList<>();
    for (GatewaySpec.Address address : spec.addresses()) {
      if (address.type() == GatewaySpec.AddressType.IP_ADDRESS
          && HostPort.isIpLiteral(address.value())) {
        addresses.add(address.value());
      } else {
        problems.add(
            new Problem(
                "UnsupportedAddress",
                "address " + address.value() + " (expected: an IP address to bind)"));
      }
    }
    Verdict verdict =
        new Verdict(
            gateway.metadata().generation(),
            List.of(
                Verdict.claim(
                    Verdict.ACCEPTED, problems, inForce.size() + " listeners are in force"),
                new Verdict.Claim(
                    Verdict.RESOLVED_REFS,
                    true,
                    Verdict.RESOLVED_REFS,
                    "it refers to nothing that is missing")));
    return new GatewayListeners(inForce, addresses, verdict);
  }

  Set<Integer> ports() {
    Set<Integer> ports = new TreeSet<>();
    inForce.forEach(listener -> ports.add(listener.port()));
    return ports;
  }
}
