# Compiles the site, its providers and its agent to jars; a PKCS #12 store for TLS.
set -eu
mkdir -p app/lib shared out/text out/site out/fr out/de out/agent
javac -encoding UTF-8 -d out/text src/text/*.java
javac -encoding UTF-8 -cp out/text:/usr/share/java/gson.jar -d out/site src/site/*.java
javac -encoding UTF-8 -cp out/text -d out/fr src/fr/*.java
javac -encoding UTF-8 -cp out/text -d out/de src/de/*.java
javac -encoding UTF-8 -d out/agent src/agent/*.java
cp src/site/*.properties src/site/*.xsl out/site/site/
for language in fr de; do
    mkdir -p out/$language/META-INF/services
    cp src/$language/text.Greeter out/$language/META-INF/services/
    jar --create --file app/lib/greet-$language.jar -C out/$language .
done
jar --create --file shared/text.jar -C out/text .
printf 'Class-Path: ../../opt/shared/text.jar\n' >manifest
jar --create --file app/site.jar --manifest manifest -C out/site .
printf 'Premain-Class: agent.Agent\n' >manifest
jar --create --file shared/agent.jar --manifest manifest -C out/agent .
keytool -genkeypair -alias site -keyalg EC -dname CN=localhost -ext san=dns:localhost -validity 36500 \
    -storetype PKCS12 -keystore app/site.p12 -storepass changeit
