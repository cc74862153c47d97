package io.heddle.proxy.filters.compressor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Chooses a coding by what the client accepts (RFC 9110, 12.5.3) and what the chain has.
 *
 * @param tokens as the client named them, lower-cased
 * @param weights of the tokens, 0 to 1
 */
record AcceptEncoding(List<String> tokens, List<Double> weights) {
  private static final int MOST = 32;

  /** A compressor of the chain, in order. */
  record Offer(String encoding, boolean first) {}

  /** What became of the choice; {@code encoding} is empty for none. */
  record Choice(String encoding, Reason reason) {}

  /** Why, as statistics tell. */
  enum Reason {
    NO_HEADER,
    NOT_VALID,
    IDENTITY,
    WILDCARD,
    NAMED
  }

  AcceptEncoding {
    tokens = List.copyOf(tokens);
    weights = List.copyOf(weights);
  }

  static AcceptEncoding parse(List<String> lines) {
    List<String> tokens = new ArrayList<>();
    List<Double> weights = new ArrayList<>();
    for (String line : lines) {
      for (String part : line.split(",", MOST)) {
        String[] pieces = part.split(";", 2);
        String token = pieces[0].trim().toLowerCase(Locale.ROOT);
        if (!token.isEmpty() && tokens.size() < MOST) {
          tokens.add(token);
          weights.add(pieces.length == 1 ? 1 : weight(pieces[1].trim()));
        }
      }
    }
    return new AcceptEncoding(tokens, weights);
  }

  /** A weight that is none counts as nothing, so that nobody is sent what they did not ask for. */
  private static double weight(String parameter) {
    String lower = parameter.toLowerCase(Locale.ROOT).replace(" ", "");
    if (!lower.startsWith("q=")) {
      return 1;
    }
    try {
      double q = Double.parseDouble(lower.substring(2));
      return q >= 0 && q <= 1 ? q : 0;
    } catch (NumberFormatException broken) {
      return 0;
    }
  }

  Choice choose(List<Offer> offers, boolean headerThere) {
    if (!headerThere) {
      return new Choice("", Reason.NO_HEADER);
    }
    if (tokens.isEmpty()) {
      return new Choice("", Reason.NOT_VALID);
    }
    double best = 0;
    boolean bestFirst = false;
    String chosen = "";
    for (int i = 0; i < tokens.size(); i++) {
      String token = tokens.get(i);
      double weight = weights.get(i);
      Optional<Offer> offer = offer(token, offers);
      boolean known = offer.isPresent() || token.equals("identity") || token.equals("*");
      boolean preferred = offer.isPresent() && offer.get().first();
      if (known && weight > 0 && (weight > best || (weight == best && preferred && !bestFirst))) {
        best = weight;
        bestFirst = preferred;
        chosen = token;
      }
    }
    return switch (chosen) {
      case "" -> new Choice("", Reason.NOT_VALID);
      case "identity" -> new Choice("", Reason.IDENTITY);
      case "*" -> new Choice(wildcard(offers), Reason.WILDCARD);
      default -> new Choice(chosen, Reason.NAMED);
    };
  }

  /** The first of the chain that the client did not refuse by name. */
  private String wildcard(List<Offer> offers) {
    String found = "";
    boolean first = false;
    for (Offer offer : offers) {
      int named = tokens.indexOf(offer.encoding());
      boolean refused = named >= 0 && weights.get(named) == 0;
      if (!refused && (found.isEmpty() || (offer.first() && !first))) {
        found = offer.encoding();
        first = offer.first();
      }
    }
    return found;
  }

  /** Where several have {@code choose_first}, the last one counts. */
  private static Optional<Offer> offer(String token, List<Offer> offers) {
    for (int i = offers.size() - 1; i >= 0; i--) {
      if (offers.get(i).encoding().equals(token)) {
        return Optional.of(offers.get(i));
      }
    }
    return Optional.empty();
  }
}
