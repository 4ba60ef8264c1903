#!/usr/bin/env bash
# Runs a class of Kafka with the variables that the official script knows.
# shellcheck disable=SC2086 # options are several words
exec java ${KAFKA_HEAP_OPTS:--Xmx256M} \
    ${KAFKA_JVM_PERFORMANCE_OPTS:--server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -Djava.awt.headless=true} \
    -Dorg.slf4j.simpleLogger.defaultLogLevel="${STAND_IN_LOG_LEVEL:-warn}" \
    -Dorg.slf4j.simpleLogger.showDateTime=true -Dorg.slf4j.simpleLogger.dateTimeFormat="yyyy-MM-dd HH:mm:ss,SSS" \
    -cp "/opt/kafka/libs/*" ${KAFKA_OPTS:-} "$@"
