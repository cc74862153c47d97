package io.heddle.proxy.engine.format;

import io.netty.buffer.ByteBuf;

/** A piece of a format. Immutable. */
@FunctionalInterface
interface Operator {
  /** Appends what it stands for, or nothing and false where there is no answer. */
  boolean append(Subject subject, ByteBuf out);
}
