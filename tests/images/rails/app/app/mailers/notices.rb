class Notices < ActionMailer::Base
  def added(book)
    @book = book
    mail(from: "a@example.org", to: "b@example.org", subject: "Added", template_path: "mailer")
  end
end
