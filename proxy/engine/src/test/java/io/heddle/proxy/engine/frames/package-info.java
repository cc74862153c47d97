/** Tests of this package. */
@org.jspecify.annotations.NullMarked
package io.heddle.proxy.engine.frames;
