# frozen_string_literal: true

require "sinatra/base"
require "json"

# A guest book with a page for each thing that guests ask for.
class Guestbook < Sinatra::Base
  set :root, __dir__
  set :sessions, secret: "0" * 64
  set :show_exceptions, ENV["DETAILS"] ? true : false
  set :raise_errors, false
  mime_type :note, "text/x-note"

  get("/") { "hello from a guest book" }
  get("/page/:name") { erb :page, locals: { name: params[:name], rows: %w[one two] } }
  get("/haml") { haml :list, locals: { rows: %w[a b] } }
  get("/api/items") { json(items: [1, 2]) }
  post("/api/echo") { json(JSON.parse(request.body.read)) }
  get("/broken") { 1 / 0 }
  get("/typo") { [].lenght }
  get "/note" do
    content_type :note
    "note"
  end

  post "/login" do
    session[:user] = params[:user]
    redirect to("/login")
  end
  get("/login") { "hello #{session.fetch(:user, "stranger")}" }

  post "/upload" do
    file = params[:file]
    json(name: file[:filename], size: file[:tempfile].size)
  end

  get "/cities" do
    require "csv"
    json(CSV.read("data/cities.csv", headers: true).to_h { |row| [row["name"], row["people"].to_i] })
  end
  get "/settings" do
    require "yaml"
    YAML.load_file("data/settings.yml").fetch("title")
  end
  get "/time/*" do |zone|
    require "time"
    ENV["TZ"] = zone
    Time.at(1_700_000_000).localtime.iso8601
  ensure
    ENV.delete("TZ")
  end
  get "/digest/:kind" do
    require "openssl"
    require "digest"
    OpenSSL::Digest.hexdigest(params[:kind], "x") + Digest.const_get(params[:kind].upcase).hexdigest("x")
  end
  get "/certificates" do
    require "net/http"
    store = OpenSSL::X509::Store.new
    store.set_default_paths
    file = OpenSSL::X509::DEFAULT_CERT_FILE
    found = File.exist?(file) ? file : "/etc/ssl/certs/ca-certificates.crt"
    json(count: File.read(found).scan("BEGIN CERTIFICATE").size)
  end
  get "/zlib" do
    require "zlib"
    require "base64"
    Zlib::Inflate.inflate(Zlib::Deflate.deflate("packed")) + Base64.strict_encode64("x")
  end
  get("/encoded/:name") { json("日本語".encode(params[:name]).bytes) }
  get("/normal") { "e\u0301".unicode_normalize(:nfc).length.to_s }
  get "/big" do
    require "bigdecimal/util"
    ("0.1".to_d * 3).to_s
  end
  get("/greeting/:locale") { Greetings.new.call(params[:locale]) }
  get "/plugin/:name" do
    require "./lib/plugins/#{params[:name]}"
    Plugins.run(params[:name])
  end
  get "/packed" do
    IO.popen(%w[gzip -c], "r+b") do |io|
      io.write("x" * 99)
      io.close_write
      io.read.size.to_s
    end
  end
  get("/count") { `wc -l < data/cities.csv`.strip }
  get "/temporary" do
    require "tempfile"
    Tempfile.create("x") { |file| format("%o", file.stat.mode & 0o777) }
  end
  get "/template" do
    require "erb"
    ERB.new("<%= 6 * 7 %>").result
  end
  get "/markup" do
    require "rexml/document"
    REXML::Document.new("<a><b>t</b></a>").root.elements["b"].text
  end

  not_found { erb :missing }
  error { erb :sorry }

  autoload :Greetings, "./lib/greetings"

  private

  def json(data)
    content_type :json
    JSON.generate(data)
  end
end
